"""Train the tempo network on renderings: ``python -m models.training.tempo --data FOLDER --material FOLDER``.

``--material`` is what `models.training.tempo_and_key_material` has rendered; ``--data`` may hold
``vocals/sight_singing``, whose voices are laid over some clips (they carry no label). Writes the checkpoint, its
confidence fitted on validation renderings. No recording of a test set has a say in anything.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from models import checkpoint
from models.audio import Recording
from models.dsp.bands import SAMPLE_RATE, log_bands
from models.dsp.periodicities import CHANNELS, PER_OCTAVE, REACH, TEMPI, onset_curves, periodicities
from models.nets.tempo import TempoConfig, TempoNet
from models.training.loop import Batch, Plan, add_arguments, fit, seed_everything
from models.training.roughen import disturbed, pulseless, roughened
from models.training.tempo_and_key_material import Clip, is_validation, read

BATCH = 64
SPREAD = 1.3  # steps: standard deviation of the tempo target
TOLERANCE = 0.04
OCTAVES = (1.0, 2.0, 3.0, 1 / 2, 1 / 3)  # accuracy 2
SHORT = (0.35, 0.7)  # share of a clip that its second, shorter example is
PREFERRED, OCTAVE_SPREAD = 115.0, 0.75  # tempi are drawn as people tap (van Noorden and Moelants 1999)


@dataclass(frozen=True)
class Examples:
    """``x`` (n, channels, 440), ``bpm`` (n,), ``check`` (n,) whether kept for validation, ``genre`` (n,)."""

    x: NDArray[np.float16]
    bpm: NDArray[np.float64]
    check: NDArray[np.bool_]
    genre: NDArray[np.str_]


def right(answer: float, truth: float, factors: tuple[float, ...] = (1.0,)) -> bool:
    """Whether a tempo lies within 4 % of the true one, or of a multiple of it."""
    return any(abs(answer - truth * f) <= TOLERANCE * truth * f for f in factors)


def voices(data: Path) -> list[NDArray[np.float32]]:
    """The singing to lay over clips, (samples,) each; none when the folder lacks it."""
    files = sorted((data / "vocals" / "sight_singing").glob("*.ogg"))
    return [Recording.open(path).mono(SAMPLE_RATE) for path in files]


def examples(clips: list[Clip], singing: list[NDArray[np.float32]], seed: int, more: int = 0) -> Examples:
    """Periodicities of the roughened clips; of training clips also of a part and of ``more`` disturbed curves."""
    x, bpm, check, genre = [], [], [], []
    for index, clip in enumerate(clips):
        rng = np.random.default_rng([seed, index])
        voice = singing[rng.integers(len(singing))] if singing else None
        rough = roughened(clip.audio.astype(np.float32) / 32768, SAMPLE_RATE, rng, voice)
        curves = onset_curves(log_bands(torch.from_numpy(rough)).double().numpy())
        count, kept = curves.shape[1], is_validation(clip.group)
        size = int(count * rng.uniform(*SHORT))
        start = int(rng.integers(0, count - size))
        for low, high in [(0, count)] if kept else [(0, count), (start, start + size)]:
            x.append(periodicities(curves[:, low:high]).astype(np.float16))
            bpm.append(clip.tempo)
            check.append(kept)
            genre.append(clip.genre)
        for _ in range(0 if kept else more):
            x.append(periodicities(disturbed(curves, rng)).astype(np.float16))
            bpm.append(clip.tempo)
            check.append(False)
            genre.append(clip.genre)
        if index % 500 == 0:
            print(f"heard {index} of {len(clips)} clips", flush=True)
    return Examples(np.array(x), np.array(bpm), np.array(check), np.array(genre))


def target(bpm: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, tempi): a narrow hill around each tempo, adding up to 1."""
    steps = PER_OCTAVE * np.log2(TEMPI[None] / bpm[:, None])
    hill = np.exp(-0.5 * (steps / SPREAD) ** 2) + 1e-9
    return (hill / hill.sum(axis=1, keepdims=True)).astype(np.float32)


def weights(found: Examples) -> NDArray[np.float64]:
    """How often each example is drawn: genres levelled by the root of their size, tempi as people tap."""
    _, inverse, count = np.unique(found.genre, return_inverse=True, return_counts=True)
    place = np.log2(found.bpm)
    density = np.histogram(place, bins=np.arange(4.5, 9, 0.25))[0]
    dense = density[np.clip(((place - 4.5) / 0.25).astype(int), 0, len(density) - 1)]
    tapped = np.exp(-0.5 * (np.log2(found.bpm / PREFERRED) / OCTAVE_SPREAD) ** 2)
    weight = tapped / np.maximum(dense, 20) / np.sqrt(count[inverse])
    weight[found.check] = 0
    return np.asarray(weight / weight.sum())


def batches(found: Examples, seed: int, step: int) -> Iterator[Batch]:
    """An endless stream; each batch is drawn from its own number, so that a resumed run goes on."""
    weight, goal = weights(found), target(found.bpm)
    while True:
        rng = np.random.default_rng([seed, 3, step])
        drawn = rng.choice(len(found.bpm), BATCH, p=weight)
        x = found.x[drawn].astype(np.float32)
        # Some curves are missing now and then: a recording without bass, without treble, without drums.
        curves = CHANNELS // 2
        gone = rng.random((BATCH, curves)) < 0.12
        x *= ~np.concatenate([gone, gone], axis=1)[:, :, None]
        x *= rng.uniform(0.7, 1.2, (BATCH, 1, 1)).astype(np.float32)
        yield torch.from_numpy(x), torch.from_numpy(goal[drawn])
        step += 1


def loss(net: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of the tempo."""
    x, goal = batch
    return nn.functional.cross_entropy(net(x).float(), goal)


def judge(found: Examples) -> Callable[[nn.Module], dict[str, float]]:
    """A function of a network: both accuracies on the validation clips."""
    x = torch.from_numpy(found.x[found.check].astype(np.float32))
    truth = found.bpm[found.check]

    def figures(net: nn.Module) -> dict[str, float]:
        answer = TEMPI[net(x).float().argmax(dim=1).numpy()]
        return {
            "acc1": float(np.mean([right(a, t) for a, t in zip(answer, truth, strict=True)])),
            "acc2": float(np.mean([right(a, t, OCTAVES) for a, t in zip(answer, truth, strict=True)])),
        }

    return figures


def fit_confidence(net: nn.Module, found: Examples) -> tuple[float, float]:
    """Slope and offset of a logistic from the log odds of the answer's mass to how often the answer is right."""
    from models.dsp.listener import log_odds, peak

    with torch.inference_mode():
        probability = torch.softmax(net(torch.from_numpy(found.x[found.check].astype(np.float32))).double(), dim=1)
    answers = [peak(row) for row in probability.numpy()]
    x = np.array([log_odds(row, answer) for row, answer in zip(probability.numpy(), answers, strict=True)])
    y = np.array([right(a, t) for a, t in zip(answers, found.bpm[found.check], strict=True)], float)

    def cost(words: NDArray[np.float64]) -> float:
        z = words[0] * x + words[1]
        return float(np.mean(np.logaddexp(0, z) - y * z) + 1e-3 * (words[0] - 1) ** 2)

    slope, offset = minimize(cost, np.array([1.0, 0.0])).x
    return float(slope), float(offset)


def least_pulse(seed: int) -> float:
    """What the periodicity of sound without a pulse stays below."""
    from models.dsp.listener import clarity

    found = [
        clarity(periodicities(onset_curves(log_bands(torch.from_numpy(sound)).double().numpy())))
        for sound in pulseless(np.random.default_rng(seed), SAMPLE_RATE)
    ]
    print("periodicity without a pulse:", np.quantile(found, [0.5, 0.9, 1]).round(4))
    return float(np.max(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--material", type=Path, required=True, help="folder with clips.json and audio.i16")
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--disturbed", type=int, default=0, help="further examples of each clip with disturbed onsets")
    args = parser.parse_args()
    seed_everything(args.seed)
    cache = args.work / "tempo_examples.npz"
    if cache.exists():
        found = Examples(**np.load(cache))
    else:
        found = examples([c for c in read(args.material) if not c.test], voices(args.data), args.seed, args.disturbed)
        args.work.mkdir(parents=True, exist_ok=True)
        np.savez(cache, **asdict(found))
    print(f"{(~found.check).sum()} examples to learn from, {found.check.sum()} to check with", flush=True)
    config = TempoConfig(channels=CHANNELS, per_octave=PER_OCTAVE, reach=REACH)
    net = TempoNet(config)
    plan = Plan(
        "tempo", args.steps, lr=2e-3, average=0.99, judge_every=200, seed=args.seed, device=args.device,
        minutes=args.minutes, work=args.work, bf16=False,
    )  # fmt: skip
    history = fit(net, lambda step: batches(found, args.seed, step), loss, plan, judge(found))
    slope, offset = fit_confidence(net, found)
    settings = {
        "slope": round(slope, 4),
        "offset": round(offset, 4),
        "clarity": round(1.05 * least_pulse(args.seed), 5),
    }
    print(settings, history[-1])
    figures = {"accuracy 1": round(history[-1]["acc1"], 3), "accuracy 2": round(history[-1]["acc2"], 3)}
    card = checkpoint.Card(
        name="tempo",
        task="tempo",
        data=DATA,
        split=SPLIT,
        recipe=RECIPE,
        figures={"validation renderings": figures},
        licence="MIT",
        limits=LIMITS,
        extra={"history": json.loads(json.dumps(history))},
    )
    print(checkpoint.save(asdict(config) | {"settings": settings}, net.state_dict(), card))


DATA = (
    "Renderings only: excerpts of 20 s of MIDI files whose notes sit on their own grid, of Groove MIDI drum "
    "performances and of pieces by Tunesmith's composer, re-timed, re-arranged and played by FluidSynth with four "
    "General MIDI banks; rooms, noise, compression and singing laid over. No recording of music was used."
)
SPLIT = (
    "GTZAN: all 166 clips of 14 s and more, never used for training or settings. Renderings: songs not trained on, "
    "played with a SoundFont not trained on (TimGM6mb)."
)
RECIPE = (
    "Six SuperFlux onset curves and one of harmonic change from 84 log-frequency bands at 50 frames/s; their "
    "autocorrelations and Fourier spectra on a logarithmic tempo axis; a network that judges each tempo by the "
    "periodicity at its multiples and parts. AdamW, cosine rate, moving average of the weights; "
    "`python -m models.training.tempo`. Confidence fitted on validation renderings."
)
LIMITS = (
    "Slow strings and choirs, rubato, and recordings whose beat is only implied. Swing and half-time grooves are "
    "often read at half or double speed; the alternatives name these."
)

if __name__ == "__main__":
    main()
