"""Train the tempo network on renderings: ``python -m models.training.tempo --data F --material M --soft S --beats B``.

``--material`` is what `models.training.tempo_and_key_material` has rendered, ``--soft`` what `models.training.soft`
has, ``--beats`` the network of `models.training.beats`; ``--data`` may hold ``vocals/sight_singing``, whose voices are
laid over some clips (they carry no label). Writes the checkpoint, its confidence fitted on validation renderings. No
recording of a test set has a say in anything.
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
from models.dsp.periodicities import CURVES, PER_OCTAVE, REACH, TEMPI, onset_curves, periodicities
from models.nets.beats import BeatConfig, BeatNet
from models.nets.tempo import TempoConfig, TempoNet
from models.training.loop import Batch, Plan, add_arguments, fit, seed_everything
from models.training.roughen import muffled, pulseless, roughened
from models.training.tempo_and_key_material import Clip, is_validation, read

BATCH = 64
MARGIN = 1.15  # of the least clarity of a pulse over the clearest sound without one
SPREAD = 1.3  # steps: standard deviation of the tempo target
TOLERANCE = 0.04
SOFT = "soft "  # before the genre of an excerpt of `models.training.soft`
OCTAVES = (1.0, 2.0, 3.0, 1 / 2, 1 / 3)  # accuracy 2
UNHEARD = 0.1  # share of examples without the beat network's curves
SHORT = (0.35, 0.7)  # share of a clip that its second, shorter example is
PREFERRED, OCTAVE_SPREAD = 115.0, 0.75  # tempi are drawn as people tap (van Noorden and Moelants 1999)


Sound = NDArray[np.float32]


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


def voices(data: Path) -> list[Sound]:
    """The singing to lay over clips, (samples,) each; none when the folder lacks it."""
    files = sorted((data / "vocals" / "sight_singing").glob("*.ogg"))
    return [Recording.open(path).mono(SAMPLE_RATE) for path in files]


def examples(clips: list[Clip], singing: list[Sound], beat_net: BeatNet, soft: bool, seed: int) -> Examples:
    """Periodicities of the roughened (soft ones: muffled) clips; of training clips also of a part."""
    from models.dsp.listener import all_curves, measure

    x, bpm, check, genre = [], [], [], []
    for index, clip in enumerate(clips):
        rng = np.random.default_rng([seed, 11, index])
        audio = clip.audio.astype(np.float32) / 32768
        if soft:
            audio = muffled(audio, SAMPLE_RATE, rng)
        else:
            audio = roughened(audio, SAMPLE_RATE, rng, singing[rng.integers(len(singing))] if singing else None)
        with torch.inference_mode():
            curves = all_curves(log_bands(torch.from_numpy(audio)), beat_net)
        count, kept = curves.shape[1], is_validation(clip.group)
        size = int(count * rng.uniform(*SHORT))
        start = int(rng.integers(0, count - size))
        for low, high in [(0, count)] if kept else [(0, count), (start, start + size)]:
            x.append(measure(curves[:, low:high]).astype(np.float16))
            bpm.append(clip.tempo)
            check.append(kept)
            genre.append((SOFT if soft else "") + clip.genre)
        if index % 500 == 0:
            print(f"heard {index} of {len(clips)} clips", flush=True)
    return Examples(np.array(x), np.array(bpm), np.array(check), np.array(genre))


def joined(one: Examples, other: Examples) -> Examples:
    """Two sets as one."""
    return Examples(*(np.concatenate(pair) for pair in zip(vars(one).values(), vars(other).values(), strict=True)))


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
        curves = x.shape[1] // 3
        gone = rng.random((BATCH, curves)) < 0.12
        gone[:, CURVES:] |= rng.random((BATCH, 1)) < UNHEARD
        x *= ~np.concatenate([gone, gone, gone], axis=1)[:, :, None]
        x *= rng.uniform(0.7, 1.2, (BATCH, 1, 1)).astype(np.float32)
        yield torch.from_numpy(x), torch.from_numpy(goal[drawn])
        step += 1


def loss(net: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of the tempo."""
    x, goal = batch
    return nn.functional.cross_entropy(net(x).float(), goal)


def judge(found: Examples) -> Callable[[nn.Module], dict[str, float]]:
    """A function of a network: both accuracies on the validation clips, and on the soft ones among them."""
    x = torch.from_numpy(found.x[found.check].astype(np.float32))
    truth = found.bpm[found.check]
    soft = np.char.startswith(found.genre[found.check], SOFT)

    def figures(net: nn.Module) -> dict[str, float]:
        answer = TEMPI[net(x).float().argmax(dim=1).numpy()]
        one = np.array([right(a, t) for a, t in zip(answer, truth, strict=True)], float)
        two = np.array([right(a, t, OCTAVES) for a, t in zip(answer, truth, strict=True)], float)
        row = {"acc1": float(one[~soft].mean()), "acc2": float(two[~soft].mean())}
        if soft.any():
            row |= {"soft acc1": float(one[soft].mean()), "soft acc2": float(two[soft].mean())}
        return row

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
    parser.add_argument("--soft", type=Path, required=True, help="folder of the same, without hard onsets")
    parser.add_argument("--beats", type=Path, required=True, help="weights of the beat network")
    parser.add_argument("--steps", type=int, default=4_000)
    args = parser.parse_args()
    seed_everything(args.seed)
    torch.set_num_threads(1)
    saved = torch.load(args.beats, weights_only=True)
    beat_net = BeatNet(BeatConfig(**saved["config"]))
    beat_net.load_state_dict(saved["state"])
    beat_net.eval()
    cache = args.work / "tempo_examples.npz"
    if cache.exists():
        found = Examples(**np.load(cache))
    else:
        band = [clip for clip in read(args.material) if not clip.test]
        found = joined(
            examples(band, voices(args.data), beat_net, False, args.seed),
            examples([clip for clip in read(args.soft) if not clip.test], [], beat_net, True, args.seed),
        )
        args.work.mkdir(parents=True, exist_ok=True)
        np.savez(cache, **asdict(found))
    print(f"{(~found.check).sum()} examples to learn from, {found.check.sum()} to check with", flush=True)
    config = TempoConfig(channels=found.x.shape[1], per_octave=PER_OCTAVE, reach=REACH)
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
        "clarity": round(MARGIN * least_pulse(args.seed), 5),
    }
    print(settings, history[-1])
    figures = {name: round(value, 3) for name, value in history[-1].items() if "acc" in name}
    card = checkpoint.Card(
        name="tempo",
        task="tempo",
        data=DATA,
        split=SPLIT,
        recipe=RECIPE,
        figures={"validation renderings": figures},
        licence="MIT",
        limits=LIMITS,
        extra={"history": json.loads(json.dumps(history)), "beats history": saved["history"]},
    )
    state = {f"tempo.{name}": value for name, value in net.state_dict().items()}
    state |= {f"beats.{name}": value for name, value in beat_net.state_dict().items()}
    words = asdict(config) | {"beats": asdict(beat_net.config), "settings": settings}
    print(checkpoint.save(words, state, card))


DATA = (
    "Renderings only: excerpts of 20 s of MIDI files whose notes sit on their own grid, of Groove MIDI drum "
    "performances and of pieces by Tunesmith's composer, re-timed, re-arranged and played by FluidSynth with four "
    "General MIDI banks; rooms, noise, compression and singing laid over. 1,296 more are of classical, folk, jazz and "
    "pop songs without drums, by strings, choirs, organs, winds and piano in rubato, heard through long reverberation, "
    "noise and lost bands. No recording of music was used."
)
SPLIT = (
    "GTZAN: all 166 clips of 14 s and more, never trained on; but the refinement and the threshold of no pulse were "
    "revised after figures on it had been seen, so these are slightly favoured. Renderings: songs not trained on, by a "
    "SoundFont not trained on: Sonivox GM, of which one sample in 52 is also in a bank of training (FluidR3, MuseScore "
    "General, OPL3, Csound's; `python -m models.training.shared_samples`)."
)
RECIPE = (
    "A temporal convolutional network of 24,000 weights (Davies and Boeck 2019) hears beats, downbeats and half beats "
    "in the log-frequency spectrogram at 50 frames/s, trained on 10 s at a time, stretched, filtered, smeared and "
    "noisy. Its three curves, six SuperFlux onset curves and one of harmonic change; of each the autocorrelation, the "
    "Fourier spectrum and the mean spectrum of 8 s on a logarithmic tempo axis; a network that judges each tempo by "
    "the periodicity at its multiples and parts. AdamW, cosine rate, moving average of the weights; "
    "`python -m models.training.beats`, 13 minutes on one core, then `python -m models.training.tempo`, 3 minutes. "
    "Confidence fitted on validation renderings."
)
LIMITS = (
    "Classical music: bowed strings, choirs and rubato are read right, octaves allowed, in two cases of three only. "
    "Swing and half-time grooves are often read at half or double speed; the alternatives name these. The confidence "
    "was fitted on renderings and is too high for such music."
)

if __name__ == "__main__":
    main()
