"""Train the vocoder: ``python -m models.training.vocoder --data PACK --minutes 22``.

First by spectral distances alone, of the wave at several scales, of its sub-bands and of its mel spectrogram; then also
against MelGAN's discriminators with feature matching (Kumar et al., 2019). Writes the checkpoint ``vocoder``; its
figures come from ``python -m models.evaluation.vocoder``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models import checkpoint
from models.dsp import log_mel, low_noise, pqmf
from models.dsp.mel import mel_filters
from models.dsp.spectral_distance import FLOOR, log_spectral_distance, magnitudes, multi_scale
from models.evaluation import plots
from models.nets.discriminators import WaveDiscriminator, WaveDiscriminatorConfig
from models.nets.mel_vocoder import LENT_ITERATIONS, MelVocoder, VocoderConfig, first_wave
from models.training import duel, loop
from models.training.audio_pack import CONTENT, LICENCE, SPLIT, Crops, Pack, load
from models.training.loop import Batch, Plan

CROP_FRAMES = 64  # of the mel spectrogram: 0.74 s
MARGIN = 12
"""Frames beside the crop from which the first wave is made, so that it is as good at the crop's edges as within."""
BATCH = 3
RECORDED_SHARE = 0.7
LENT_SHARE = 0.4
"""Of batches whose first wave starts from the crops' own phases, as when a guide lends them, and not from noise."""
LENT_DB = (-50.0, 0.0)
"""Level of the noise over such phases."""
WAVE_SCALES = (2048, 512)
BAND_SCALES = (64,)  # samples of a sub-band
MEL_SCALES = {2048: 128, 1024: 96, 512: 64, 256: 32, 128: 16}
"""Mels by the samples of a window."""
BAND_WEIGHT, MEL_WEIGHT = 0.5, 8.0
MATCHING_WEIGHT, ADVERSARIAL_WEIGHT = 2.0, 1.0
ADVERSARIAL_SHARE = 0.4
"""Of the minutes, for the second phase."""
HEARD = 8_192
"""Samples of each crop that the discriminators hear, at a place drawn anew."""
JUDGED = 24  # crops of recordings for validation


def prepared(audio: Tensor, random: np.random.Generator, iterations: int, lent: bool) -> Batch:
    """(batch, samples) of the crops with their margins -> crops, their log-mels and their first waves."""
    mel = log_mel.log_mel(audio)
    start = low_noise.drawn(torch.from_numpy(random.integers(low_noise.SAMPLES, size=len(audio))), audio.shape[1])
    if lent:
        level = torch.from_numpy(10 ** (random.uniform(*LENT_DB, (len(audio), 1)) / 20)).float()
        start = audio + level * audio.std(dim=1, keepdim=True).clamp(min=1e-3) * start
    first = first_wave(mel, start, LENT_ITERATIONS if lent else iterations, lent)
    inner = slice(MARGIN * log_mel.HOP_LENGTH, -MARGIN * log_mel.HOP_LENGTH)
    return audio[:, inner].contiguous(), mel[:, :, MARGIN:-MARGIN].contiguous(), first[:, inner].contiguous()


def batches(pack: Pack, config: VocoderConfig, seed: int) -> Callable[[int], Iterator[Batch]]:
    """An endless stream of (audio, log-mel, first wave) from any step on."""
    samples = (CROP_FRAMES + 2 * MARGIN) * log_mel.HOP_LENGTH
    crops = Crops(pack, "train", samples, BATCH, seed, RECORDED_SHARE)

    def stream(step: int) -> Iterator[Batch]:
        for number, (audio, _, _) in enumerate(crops(step), start=step):
            random = np.random.default_rng([seed, 1, number])
            yield prepared(torch.from_numpy(audio), random, config.iterations, random.random() < LENT_SHARE)

    return stream


def distance(net: MelVocoder, batch: Batch) -> tuple[Tensor, Tensor]:
    """How far what the network makes is from the crop, a scalar; and the made wave (batch, samples)."""
    audio, mel, first = batch
    bands = net.bands(mel, first)
    wave = pqmf.synthesise(bands, net.kernel)
    wanted = pqmf.analyse(audio, net.kernel)
    by_band = multi_scale(wanted.flatten(0, 1), bands.flatten(0, 1), BAND_SCALES)
    value = multi_scale(audio, wave, WAVE_SCALES) + BAND_WEIGHT * by_band + MEL_WEIGHT * mel_distance(audio, wave)
    return value, wave


def mel_distance(wanted: Tensor, got: Tensor) -> Tensor:
    """Mean absolute difference of log-mels at several time resolutions (Kumar et al., "DAC", 2023); a scalar.

    Mels pool what is left to chance in single bins, so that the differences are those that can be learnt.
    """
    found = []
    for n_fft, n_mels in MEL_SCALES.items():
        filters = mel_filters(log_mel.SAMPLE_RATE, n_fft, n_mels).to(wanted)
        filters = filters / filters.sum(dim=1, keepdim=True)
        a, b = ((filters @ magnitudes(wave, n_fft, n_fft // 4) + FLOOR).log() for wave in (wanted, got))
        found.append((a - b).abs().mean())
    return torch.stack(found).mean()


def judge(pack: Pack, config: VocoderConfig, device: str) -> Callable[[nn.Module], dict[str, float]]:
    """Distances on the same crops of held-back recordings every time, from a first wave that starts from noise."""
    rng = np.random.default_rng(0)
    samples = (CROP_FRAMES + 2 * MARGIN) * log_mel.HOP_LENGTH
    numbers = [n for n in pack.where("valid", recorded=True) if pack.sounds[n].seconds > 2]
    chosen = rng.permutation(numbers)[:JUDGED]
    audio = np.stack(
        [pack.crop(int(n), int(rng.integers(max(1, len(pack.audio(int(n))) - samples))), samples) for n in chosen]
    )
    batch = tuple(part.to(device) for part in prepared(torch.from_numpy(audio), rng, config.iterations, False))

    def figures(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, MelVocoder)
        audio, mel, first = batch
        wave = net(mel, first)
        return {
            "validation loss": float(multi_scale(audio, wave)),
            "log-spectral distance": log_spectral_distance(audio, wave),
            "mel loss": float(mel_distance(audio, wave)),
        }

    return figures


def represent(net: MelVocoder, pack: Pack, plan: Plan) -> list[dict[str, float]]:
    """The first phase: distances alone."""
    return loop.fit(
        net,
        batches(pack, net.config, plan.seed),
        lambda moving, batch: distance(moving, batch)[0],
        plan,
        judge(pack, net.config, plan.device),
    )


def refine(net: MelVocoder, pack: Pack, plan: Plan) -> list[dict[str, float]]:
    """The second phase: also against discriminators."""
    other = WaveDiscriminator(WaveDiscriminatorConfig())
    random = np.random.default_rng(plan.seed)
    made: dict[str, Tensor] = {}

    def discriminate(batch: Batch) -> duel.Losses:
        audio = batch[0]
        start = int(random.integers(audio.shape[1] - HEARD))
        made["distance"], wave = distance(net, batch)
        made["real"], made["fake"] = (sound[:, start : start + HEARD] for sound in (audio, wave))
        real, fake = other(made["real"])[0], other(made["fake"].detach())[0]
        value = duel.hinge_real(real) + duel.hinge_made(fake)
        return value, {"discriminator loss": value.item()}

    def generate(_: Batch) -> duel.Losses:
        with torch.no_grad():
            _, wanted = other(made["real"])
        scores, layers = other(made["fake"])
        matching, adversarial = duel.feature_matching(wanted, layers), duel.wish(scores)
        value = made["distance"] + MATCHING_WEIGHT * matching + ADVERSARIAL_WEIGHT * adversarial
        return value, {
            "loss": made["distance"].item(),
            "matching loss": matching.item(),
            "wish loss": adversarial.item(),
        }

    stream = batches(pack, net.config, plan.seed + 1)
    return duel.fit(net, other, stream, generate, discriminate, plan, judge(pack, net.config, plan.device))


def save(net: MelVocoder, histories: dict[str, list[dict[str, float]]], folder: Path) -> Path:
    """Write the checkpoint, its weights in half precision, and the picture of its losses; returns its path."""
    state = checkpoint.halved(net.state_dict())
    last = {name: round(value, 3) for name, value in histories["refine"][-1].items()}
    card = checkpoint.Card(
        name="vocoder",
        task="mel spectrogram to wave",
        data=CONTENT,
        split=SPLIT,
        recipe=RECIPE,
        figures={"validation": last},
        licence=LICENCE,
        limits=LIMITS,
        extra={"histories": histories},
    )
    return checkpoint.save(asdict(net.config), state, card, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=20_000, help="of both phases, when no minutes are given")
    parser.add_argument("--adversarial", type=float, default=ADVERSARIAL_SHARE, help="share of the second phase")
    parser.add_argument("--out", type=Path, default=checkpoint.FOLDER, help="folder of the checkpoint")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    pack = load(args.data)
    net = MelVocoder(VocoderConfig())
    shared = {"seed": args.seed, "device": args.device, "work": args.work, "clip": 5.0, "weight_decay": 1e-4}
    shares = {"represent": 1 - args.adversarial, "refine": args.adversarial}
    minutes = {name: None if args.minutes is None else args.minutes * share for name, share in shares.items()}
    steps = {name: round(args.steps * share) for name, share in shares.items()}
    first = Plan("vocoder", steps["represent"], lr=1.5e-3, warmup=0.03, average=0.98, judge_every=250,
                 minutes=minutes["represent"], **shared)  # fmt: skip
    second = Plan("vocoder-duel", steps["refine"], lr=3e-4, warmup=0.05, average=0.99, judge_every=50,
                  minutes=minutes["refine"], **shared)  # fmt: skip
    histories = {"represent": represent(net, pack, first), "refine": refine(net, pack, second)}
    for name, history in histories.items():
        plots.curves(history, args.work / f"vocoder-{name}.png")
    print(save(net, histories, args.out), histories["refine"][-1])


RECIPE = (
    "Multi-band MelGAN (16 sub-bands) that corrects the wave of 12 iterations of Griffin-Lim. AdamW, cosine rate, "
    "moving average of the weights: first multi-scale, sub-band and mel distances, then also hinge loss and feature "
    "matching against three discriminators; `python -m models.training.vocoder --data PACK --minutes 22` on one "
    "busy core, before its second phase was made stronger, and from Gaussian noise where it now begins from noise of "
    "little grain."
)
LIMITS = (
    "Mono; nothing above 11 kHz. Minutes of training, not days: cymbals and consonants have a grain, and deep tones "
    "waver where no guide lends its phases."
)

if __name__ == "__main__":
    main()
