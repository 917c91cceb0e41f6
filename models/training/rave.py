"""Train RAVE: ``python -m models.training.rave --data PACK --minutes 60``.

Two phases (Caillon and Esling, 2021): first everything learns to represent, by the multi-scale spectral distance and
the Kullback-Leibler divergence of the latent; then the encoder and the latent's principal components stand still and
the decoder learns against a discriminator. Either phase goes on from its state in ``--work`` when it was stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.dsp import tones
from models.dsp.spectral_distance import magnitudes, multi_scale, spectral_convergence
from models.evaluation import plots
from models.nets.discriminators import WaveDiscriminator, WaveDiscriminatorConfig
from models.nets.rave import FIDELITY, Rave, RaveConfig, begin_with, plain
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
TONES_SHARE, TONES_BATCH = 0.3, 4
"""Of the minutes, for learning the tones alone, and how many times larger its batches are."""
ADVERSARIAL_SHARE = 0.25
"""Of the minutes, for the second phase."""
HEARD = 8_192
"""Samples of each crop that the discriminator hears, at a place drawn anew: it looks at fractions
of a second, and whole crops would take it four times as long."""
MATCHING_WEIGHT, ADVERSARIAL_WEIGHT = 4.0, 0.5
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


def tones_distance(net: Rave, audio: Tensor, amplitude: Tensor) -> Tensor:
    """Mean squared difference, in natural logarithms, of the amplitudes of tones that were decoded and that are heard.

    Without it the noise learns to fill every spectrum first, and the tones never find a gap. Squared, because most
    tones are silent: what minimises absolute differences is silence.
    """
    heard = tones.analyse(audio, net.ear, audio.shape[1] // amplitude.shape[2])
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


def judge(pack: Pack, config: RaveConfig, device: str):
    """The distance of validation crops from what is decoded of them, and of the loudest frequency range alone."""
    audio, genres, kinds = (part.to(device) for part in validation(pack, config))

    def figures(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, Rave)
        mean, _ = net.encode(audio)
        noise = net.noise(mean.cpu(), torch.Generator().manual_seed(0)).to(device)
        heard = net.decode(mean, net.condition(genres, kinds), noise)
        spectra = [magnitudes(wave, 1024, 256) for wave in (audio, heard)]
        return {
            "validation loss": float(multi_scale(audio, heard)),
            "convergence": float(spectral_convergence(*spectra)),
            "latent deviation": float(mean.std()),
        }

    return figures


def hear_tones(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """Before the first phase: encoder and lower decoder learn to pass on which tones sound, which takes little work."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        audio, genre, kind, _ = batch
        assert isinstance(moving, Rave)
        mean, scale = moving.encode(audio)
        z = mean + scale * torch.randn_like(scale)
        amplitude = moving.decoder.amplitudes(z, moving.condition(genre, kind))
        return TONES_WEIGHT * tones_distance(moving, audio, amplitude) + KL_WEIGHT * divergence(mean, scale)

    return loop.fit(net, batches(pack, net.config, plan.seed + 2, size), loss, plan)


def represent(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """The first phase."""

    def loss(moving: nn.Module, batch: Batch) -> Tensor:
        audio, genre, kind, step = batch
        coded = moving(audio, genre, kind)
        weight = KL_WEIGHT * min(1.0, step.item() / KL_WARMUP)
        sound = multi_scale(audio, coded.audio) + TONES_WEIGHT * tones_distance(net, audio, coded.amplitude)
        return sound + weight * divergence(coded.mean, coded.scale)

    stream = batches(pack, net.config, plan.seed, size)
    return loop.fit(net, stream, loss, plan, judge(pack, net.config, plan.device))


@torch.no_grad()
def find_components(net: Rave, pack: Pack) -> None:
    """Principal components of the latent, over the training sounds of both kinds."""
    device = net.latent_mean.device
    latents = []
    for number in pack.where("train"):
        audio = torch.from_numpy(pack.audio(number)).to(device)
        whole = audio[: len(audio) // net.config.ratio * net.config.ratio]
        latents.append(net.encode(whole[None])[0][0].T)
    net.set_components(torch.cat(latents))


def refine(net: Rave, pack: Pack, plan: Plan, size: Size) -> list[dict[str, float]]:
    """The second phase: the decoder against a discriminator."""
    other = WaveDiscriminator(WaveDiscriminatorConfig())
    random = np.random.default_rng(plan.seed)
    made: dict[str, Tensor] = {}

    def discriminate(batch: Batch) -> duel.Losses:
        audio, genre, kind, _ = batch
        with torch.no_grad():
            mean, scale = net.encode(audio)
            z = mean + scale * torch.randn_like(scale)
        heard, amplitude = net.play(z, net.condition(genre, kind), net.noise(z))
        start = int(random.integers(audio.shape[1] - HEARD))
        made.update(audio=audio, heard=heard, amplitude=amplitude, start=torch.tensor(start))
        with torch.no_grad():
            piece = heard[:, start : start + HEARD]
        real, fake = other(audio[:, start : start + HEARD])[0], other(piece.detach())[0]
        value = duel.hinge_real(real) + duel.hinge_made(fake)
        return value, {"discriminator loss": value.item()}

    def generate(_: Batch) -> duel.Losses:
        audio, heard, start = made["audio"], made["heard"], int(made["start"])
        with torch.no_grad():
            _, wanted = other(audio[:, start : start + HEARD])
        scores, layers = other(heard[:, start : start + HEARD])
        distance = multi_scale(audio, heard) + TONES_WEIGHT * tones_distance(net, audio, made["amplitude"])
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
        judge(pack, net.config, plan.device),
        trained=moving,
    )


def save(net: Rave, path: Path, histories: dict[str, list[dict[str, float]]]) -> None:
    """Weights and histories of a run, for `models.training.rave_card` and for evaluation before it ships."""
    path.parent.mkdir(parents=True, exist_ok=True)
    apart = Rave(net.config)  # a copy would share the classes that normed layers are given, and lose them with it
    apart.load_state_dict(net.state_dict())
    state = plain(apart).state_dict()
    torch.save({"config": asdict(net.config), "state": state, "histories": histories}, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=30_000, help="of the first phase, when no minutes are given")
    parser.add_argument("--batch", type=int, default=BATCH, help="crops of a batch")
    parser.add_argument("--frames", type=int, default=CROP_FRAMES, help="latent vectors of a crop, 23 ms each")
    parser.add_argument("--adversarial", type=float, default=ADVERSARIAL_SHARE, help="share of the second phase")
    parser.add_argument("--out", type=Path, default=Path("var/rave.pt"))
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    args = parser.parse_args()
    loop.seed_everything(args.seed)
    pack = load(args.data)
    net = Rave(RaveConfig())
    if args.start:
        begin_with(net, torch.load(args.start, weights_only=True)["state"])
    size, share = Size(args.batch, args.frames), args.adversarial
    shared = {"seed": args.seed, "device": args.device, "work": args.work, "clip": 5.0, "weight_decay": 1e-4}
    opening = None if args.minutes is None else args.minutes * TONES_SHARE
    first = None if args.minutes is None else args.minutes * (1 - share - TONES_SHARE)
    second = None if args.minutes is None else args.minutes * share
    steps = round(args.steps * TONES_SHARE)
    plan = Plan("rave-tones", steps, lr=1e-3, warmup=0.02, average=0.99, judge_every=100, minutes=opening, **shared)
    histories = {"tones": hear_tones(net, pack, plan, Size(TONES_BATCH * size.crops, size.frames))}
    plan = Plan("rave", args.steps, lr=1e-3, warmup=0.02, average=0.998, judge_every=250, minutes=first, **shared)
    histories["represent"] = represent(net, pack, plan, size)
    find_components(net, pack)
    print("components kept:", net.kept(FIDELITY), "of", net.config.latent)
    # The latent stands still from here on, so that its prior can be trained beside the second phase.
    save(net, args.out.with_stem(f"{args.out.stem}-represented"), histories)
    steps = round(args.steps * share)
    plan = Plan(
        "rave-adversarial", steps, lr=3e-4, warmup=0.05, average=0.995, judge_every=100, minutes=second, **shared
    )
    histories["refine"] = refine(net, pack, plan, size)
    save(net, args.out, histories)
    for name, history in histories.items():
        plots.curves(history, args.out.with_name(f"{args.out.stem}-{name}.png"))
    print("written:", args.out, histories["refine"][-1])


if __name__ == "__main__":
    main()
