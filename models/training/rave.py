"""Train RAVE: ``python -m models.training.rave --data PACK --minutes 60``.

Two phases (Caillon and Esling, 2021): first everything learns to represent, by the multi-scale spectral distance and
the Kullback-Leibler divergence of the latent; then the encoder and the latent's principal components stand still and
the decoder learns against a discriminator. Before them the encoder and the lower decoder learn the outline of the sound
alone, and between them the decoder learns to do with the components that are kept. A phase goes on from its state in
``--work`` when it was stopped, and ``--go-on`` settles the weights that ship for longer.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models import checkpoint
from models.dsp import tones
from models.dsp.spectral_distance import magnitudes, multi_scale, spectral_convergence
from models.evaluation import plots
from models.nets.discriminators import WaveDiscriminator, WaveDiscriminatorConfig
from models.nets.rave import FIDELITY, Outline, Rave, RaveConfig, begin_with, plain
from models.training import duel, loop
from models.training.audio_pack import Crops, Pack, load
from models.training.loop import Batch, Plan
from models.vocabulary import GENRES

CROP_FRAMES, BATCH = 64, 4
"""Latent vectors of a training crop (1.5 s), and crops of a batch, where the command line says nothing else: on a
processor small batches learn more in the same time, on a GPU large ones."""
JUDGED_FRAMES = 64
RECORDED_SHARE = 0.65
KL_WEIGHT, KL_WARMUP, FREE_NATS = 0.003, 2000, 1.5
"""Weight of the divergence, the steps over which it rises, and what each dimension may say for nothing (Kingma et al.,
2016): without that the latent fell silent within a thousand steps."""
TONES_WEIGHT, TONES_LEVEL = 8.0, 0.003
"""Weight of the tones' own loss, and the amplitude up to which it counts differences rather than ratios."""
SHARES = (0.35, 0.15, 0.1)
"""Of the minutes: the outline alone, what lies between the phases, the second phase."""
HEARD = 8_192
"""Samples of each crop that the discriminator hears, at a place drawn anew: it looks at fractions
of a second, and whole crops would take it four times as long."""
MATCHING_WEIGHT, ADVERSARIAL_WEIGHT = 4.0, 0.5
BF16 = False
"""In bfloat16 the filter bank and the noise are off by more than what is learnt, for little gain in speed."""
JUDGED = 24  # crops of recordings for validation


@dataclass(frozen=True)
class Size:
    """Of a batch: ``crops`` of ``frames`` latent vectors each."""

    crops: int = BATCH
    frames: int = CROP_FRAMES


def batches(pack: Pack, config: RaveConfig, seed: int, size: Size):
    """An endless stream of (audio, genre, kind, step) from any step on."""
    crops = Crops(pack, "train", size.frames * config.ratio, size.crops, seed, RECORDED_SHARE)

    def stream(step: int) -> Iterator[Batch]:
        for number, parts in enumerate(crops(step), start=step):
            yield (*(torch.from_numpy(part) for part in parts), torch.tensor(number))

    return stream


def divergence(mean: Tensor, scale: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the latent from the standard normal, in nats a frame, beyond the free ones of each
    dimension; a scalar."""
    each = 0.5 * (mean.square() + scale.square() - 2 * scale.log() - 1).mean(dim=(0, 2))
    return (each - FREE_NATS).clamp(min=0).sum()


def tones_distance(ear: Tensor, audio: Tensor, amplitude: Tensor) -> Tensor:
    """Mean squared difference, in natural logarithms, of the amplitudes of tones that were decoded and that are heard.

    Without it the noise learns to fill every spectrum first, and the tones never find a gap. Squared, because most
    tones are silent: what minimises absolute differences is silence.
    """
    heard = tones.analyse(audio, ear, audio.shape[1] // amplitude.shape[2])
    return ((1 + heard / TONES_LEVEL).log() - (1 + amplitude / TONES_LEVEL).log()).square().mean()


def validation(pack: Pack, config: RaveConfig) -> Batch:
    """The same crops of held-back recordings every time, genres in turn."""
    rng = np.random.default_rng(0)
    length = JUDGED_FRAMES * config.ratio
    numbers = [number for number in pack.where("valid", recorded=True) if pack.sounds[number].seconds > 2]
    chosen = [numbers[i] for i in rng.permutation(len(numbers))[:JUDGED]]
    starts = [int(rng.integers(max(1, len(pack.audio(n)) - length))) for n in chosen]
    audio = np.stack([pack.crop(n, start, length) for n, start in zip(chosen, starts, strict=True)])
    genres = torch.tensor([GENRES.index(pack.sounds[n].genre) for n in chosen])
    return torch.from_numpy(audio), genres, torch.ones_like(genres)


def judge(pack: Pack, config: RaveConfig, device: str, whole: bool = True, settled: bool = False):
    """The distance of validation crops from what is decoded of them (of the outline alone if not ``whole``; of the
    components that are kept if ``settled``), its convergence at one resolution, and how much the latent says."""
    audio, genres, kinds = (part.to(device) for part in validation(pack, config))

    def figures(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, Rave)
        mean, _ = net.encode(audio)
        z = net.from_components(net.components(mean, net.kept(FIDELITY) if settled else net.config.latent))
        condition, offset = net.condition(genres, kinds), net.offsets(len(mean), torch.Generator().manual_seed(0))
        if whole:
            heard = net.decode(z, condition, offset)
        else:
            heard = net.decoder.plain(net.decoder.sketch(z, condition), offset)
        spectra = [magnitudes(wave, 1024, 256) for wave in (audio, heard)]
        return {
            "validation loss": float(multi_scale(audio, heard)),
            "convergence": float(spectral_convergence(*spectra)),
            "latent deviation": float(mean.std()),
        }

    return figures


def sketch(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """Before the first phase: the outline alone."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        audio, genre, kind, step = batch
        assert isinstance(moving, Rave)
        mean, scale = moving.encode(audio)
        z = mean + scale * torch.randn_like(scale)
        outline = moving.decoder.sketch(z, moving.condition(genre, kind))
        heard = moving.decoder.plain(outline, moving.offsets(len(z)))
        return sounding(moving, audio, heard, outline) + rising(step) * divergence(mean, scale)

    stream = batches(pack, net.config, plan.seed + 2, size)
    return loop.fit(net, stream, loss, plan, judge(pack, net.config, plan.device, whole=False))


def represent(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """The first phase."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        audio, genre, kind, _ = batch
        assert isinstance(moving, Rave)
        coded = moving(audio, genre, kind)
        return sounding(moving, audio, coded.audio, coded.outline) + KL_WEIGHT * divergence(coded.mean, coded.scale)

    stream = batches(pack, net.config, plan.seed, size)
    return loop.fit(net, stream, loss, plan, judge(pack, net.config, plan.device))


def sounding(net: Rave, audio: Tensor, heard: Tensor, outline: Outline) -> Tensor:
    """How far what was decoded is from (batch, samples), by its spectra and by its tones; a scalar."""
    return multi_scale(audio, heard) + TONES_WEIGHT * tones_distance(net.encoder.ear, audio, outline[1])


def rising(step: Tensor) -> float:
    """The weight of the divergence at a step."""
    return KL_WEIGHT * min(1.0, step.item() / KL_WARMUP)


def find_components(net: Rave, pack: Pack) -> None:
    """Principal components of the latent, over the training sounds of both kinds."""
    net.set_components(latents(net, pack))


@torch.no_grad()
def latents(net: Rave, pack: Pack) -> Tensor:
    """(n, latent) means over the training sounds of both kinds."""
    device = net.latent_mean.device
    found = []
    for number in pack.where("train"):
        audio = torch.from_numpy(pack.audio(number)).to(device)
        whole = audio[: len(audio) // net.config.ratio * net.config.ratio]
        found.append(net.encode(whole[None])[0][0].T)
    return torch.cat(found)


def settle(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """Between the phases: all learn to do with the components that are kept, whose directions stand still."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        audio, genre, kind, _ = batch
        assert isinstance(moving, Rave)
        z, mean, scale = kept_latent(moving, audio)
        sound = sounding(moving, audio, *moving.play(z, moving.condition(genre, kind), moving.offsets(len(z))))
        return sound + KL_WEIGHT * divergence(mean, scale)

    stream = batches(pack, net.config, plan.seed + 3, size)
    return loop.fit(net, stream, loss, plan, judge(pack, net.config, plan.device, settled=True))


def kept_latent(net: Rave, audio: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(batch, samples) -> a latent (batch, latent, frames) drawn as the encoder says, without the components that are
    not kept; and what the encoder said, mean and scale."""
    mean, scale = net.encode(audio)
    parts = net.components(mean + scale * torch.randn_like(scale), net.kept(FIDELITY))
    return net.from_components(parts), mean, scale


def refine(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """The second phase: the decoder against a discriminator."""
    other = WaveDiscriminator(WaveDiscriminatorConfig())
    random = np.random.default_rng(plan.seed)
    made: dict[str, Any] = {}

    def discriminate(batch: Batch) -> duel.Losses:
        audio, genre, kind, _ = batch
        with torch.no_grad():
            z, _, _ = kept_latent(net, audio)
        heard, outline = net.play(z, net.condition(genre, kind), net.offsets(len(z)))
        start = int(random.integers(audio.shape[1] - HEARD))
        made.update(audio=audio, heard=heard, outline=outline, start=start)
        piece = heard[:, start : start + HEARD].detach()
        real, fake = other(audio[:, start : start + HEARD])[0], other(piece)[0]
        value = duel.hinge_real(real) + duel.hinge_made(fake)
        return value, {"discriminator loss": value.item()}

    def generate(_: Batch) -> duel.Losses:
        audio, heard, start = made["audio"], made["heard"], made["start"]
        with torch.no_grad():
            _, wanted = other(audio[:, start : start + HEARD])
        scores, layers = other(heard[:, start : start + HEARD])
        distance = sounding(net, audio, heard, made["outline"])
        matching, adversarial = duel.feature_matching(wanted, layers), duel.wish(scores)
        value = distance + MATCHING_WEIGHT * matching + ADVERSARIAL_WEIGHT * adversarial
        return value, {"loss": distance.item(), "matching loss": matching.item(), "wish loss": adversarial.item()}

    moving = [*net.decoder.parameters(), *net.genre.parameters(), *net.kind.parameters()]
    return duel.fit(
        net,
        other,
        batches(pack, net.config, plan.seed + 1, size),
        generate,
        discriminate,
        plan,
        judge(pack, net.config, plan.device, settled=True),
        trained=moving,
    )


def save(net: Rave, path: Path, histories: dict[str, list[dict[str, float]]], before: str) -> None:
    """Weights and histories of a run, and the recipe of the weights it began with, for `models.training.rave_card` and
    for evaluation before it ships."""
    path.parent.mkdir(parents=True, exist_ok=True)
    apart = Rave(net.config)  # a copy would share the classes that normed layers are given, and lose them with it
    apart.load_state_dict(net.state_dict())
    state = plain(apart).state_dict()
    torch.save({"config": asdict(net.config), "state": state, "histories": histories, "before": before}, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=30_000, help="of all phases, when no minutes are given")
    parser.add_argument("--batch", type=int, default=BATCH, help="crops of a batch")
    parser.add_argument("--frames", type=int, default=CROP_FRAMES, help="latent vectors of a crop, 23 ms each")
    parser.add_argument("--shares", type=float, nargs=3, default=SHARES, help="of outline, settling, second phase")
    parser.add_argument("--out", type=Path, default=Path("var/rave.pt"))
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    parser.add_argument("--represented", type=Path, help="weights after the first phase or the settling, to go on with")
    parser.add_argument("--go-on", action="store_true", help="settle the weights that ship for longer, and refine them")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    pack = load(args.data)
    net, histories, before = Rave(RaveConfig()), {}, ""
    begun = args.represented or args.start
    if args.go_on:
        shipped = checkpoint.load("rave")
        begin_with(net, {name: value.float() for name, value in shipped.state_dict.items()})
        before = shipped.card.recipe
    elif begun:
        stored = torch.load(begun, weights_only=True)
        begin_with(net, stored["state"])
        if args.represented:
            histories, before = stored["histories"], stored["before"]
    size = Size(args.batch, args.frames)
    outline, settling, second = args.shares

    def plan(name: str, share: float, lr: float, average: float, judge_every: int) -> Plan:
        minutes = None if args.minutes is None else args.minutes * share
        return Plan(
            name, round(args.steps * share), lr=lr, warmup=0.02, average=average, judge_every=judge_every,
            minutes=minutes, seed=args.seed, device=args.device, work=args.work, clip=5.0, weight_decay=1e-4, bf16=BF16,
        )  # fmt: skip

    if not (args.represented or args.go_on):
        histories["outline"] = sketch(net, pack, plan("rave-outline", outline, 1e-3, 0.998, 500), size)
        first = plan("rave", 1 - outline - settling - second, 1e-3, 0.998, 500)
        histories["represent"] = represent(net, pack, first, size)
        find_components(net, pack)
        print("components kept:", net.kept(FIDELITY), "of", net.config.latent)
        save(net, args.out.with_stem(f"{args.out.stem}-represented"), histories, before)
    settled = settle(net, pack, plan("rave-settle", settling, 6e-4, 0.998, 500), size)
    histories["settle"] = loop.counted_on(histories.get("settle", []), settled)
    net.set_spread(latents(net, pack))
    # The prior can be trained from here on.
    save(net, args.out.with_stem(f"{args.out.stem}-settled"), histories, before)
    histories["refine"] = refine(net, pack, plan("rave-adversarial", second, 3e-4, 0.995, 100), size)
    save(net, args.out, histories, before)
    for name, history in histories.items():
        plots.curves(history, args.out.with_name(f"{args.out.stem}-{name}.png"))
    print("written:", args.out, histories["refine"][-1])


if __name__ == "__main__":
    main()
