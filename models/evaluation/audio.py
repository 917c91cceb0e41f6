"""How good the neural modes are: ``python -m models.evaluation.audio --data PACK --out var/audio.json``.

For each genre some pieces are composed, and each mode performs them at three guide strengths. Frechet audio distance
(`models.evaluation.frechet`) to recordings of the genre by artists who were not trained with, for the same number of
windows of every system: other recordings (the floor), the guide, the modes, RAVE decoding white-noise latents as
MelodyMaker did, and white noise (the ceiling). Beside it what the genre classifier hears and how the guide was kept.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from models import registry
from models.audio import Recording, resample, to_mono
from models.evaluation import agreement, frechet
from models.generators._guide import Guide, make_guide
from models.spec import GenerateRequest, Run
from models.training.audio_pack import SAMPLE_RATE, Pack, Split, load
from models.vocabulary import GENRES, USUAL_BANDS, USUAL_TEMPOS

STRENGTHS = (1.0, 0.5, 0.0)
COMPONENTS = 32
"""Dimensions of musicnn's features that distances are measured in: the sets are too small for all 200."""
FIRST_SEED = 900_000
"""Far from the seeds of the pack's pieces."""
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """Of a genre: features of recordings, an array a track; of every system's pieces; how they followed the guide."""

    training: list[frechet.Features]
    held_out: list[frechet.Features]
    features: dict[str, list[frechet.Features]]
    followed: dict[str, list[dict[str, float]]]


def requests(genre: str, clips: int, seconds: float) -> Iterator[GenerateRequest]:
    """The pieces of a genre: its usual band at tempi around its usual one."""
    for number in range(clips):
        spread = (number - (clips - 1) / 2) / max(1, clips) * 0.4
        tempo = float(round(USUAL_TEMPOS[genre] * 2**spread))
        yield GenerateRequest(genre, USUAL_BANDS[genre], tempo, seconds, FIRST_SEED + number)


def performances(
    request: GenerateRequest, modes: tuple[str, ...], strengths: tuple[float, ...], guide: Guide
) -> Iterator[tuple[str, Sound]]:
    """Every system's version of a piece, (samples,) at `SAMPLE_RATE`, under its name in the tables."""
    yield "guide", to_mono(guide.audio)
    for word in modes:
        mode, options = asked(word)
        for strength in strengths:
            backend = registry.load("generators", mode)
            clip = backend.generate(replace(request, guide_strength=strength, options=options), Run())
            assert clip.audio.shape[1] == round(request.length * clip.sample_rate)
            yield f"{word} {strength:g}", to_mono(resample(clip.audio, clip.sample_rate, SAMPLE_RATE))
    if "rave" in modes:
        yield "RAVE, white-noise latents", white_latents(request)
    random = np.random.default_rng(request.seed)
    yield "white noise", (0.1 * random.standard_normal(round(request.length * SAMPLE_RATE))).astype(np.float32)


def asked(word: str) -> tuple[str, dict[str, Any]]:
    """A mode and its options, as they are written on the command line: ``ddim:steps=10,guidance=2``."""
    mode, _, rest = word.partition(":")
    pairs = (part.partition("=") for part in rest.split(",") if part)
    return mode, {name: json.loads(value) for name, _, value in pairs}


def white_latents(request: GenerateRequest) -> Sound:
    """What MelodyMaker did: RAVE decodes independent standard normal latents; (samples,)."""
    backend = registry.load("generators", "rave")
    net = backend.net
    random = torch.Generator().manual_seed(request.seed)
    frames = round(request.length * SAMPLE_RATE) // net.config.ratio
    with torch.inference_mode():
        latent = torch.randn(1, net.config.latent, frames, generator=random)
        condition = net.condition(torch.tensor([GENRES.index(request.genre)]), torch.tensor([1]))
        return backend.decode(latent, condition, random, Run())[0].numpy()


def embed(sound: Sound) -> frechet.Features:
    """(samples,) at `SAMPLE_RATE` -> (windows, 200)."""
    return frechet.embed(sound, SAMPLE_RATE)


def real(pack: Pack, genre: str, split: Split) -> list[frechet.Features]:
    """Features of the recordings of a genre, an array a track."""
    return [embed(pack.audio(number)) for number in pack.where(split, recorded=True, genre=genre)]


def one_genre(work: tuple[Path, str, tuple[str, ...], tuple[float, ...], int, float]) -> Heard:
    """All systems in a genre; run in processes of their own."""
    folder, genre, modes, strengths, clips, seconds = work
    torch.set_num_threads(1)
    judge, pack = registry.load("classifiers", "genre"), load(folder)
    found = Heard(real(pack, genre, "train"), real(pack, genre, "test"), {}, {})
    for request in requests(genre, clips, seconds):
        guide = make_guide(request, Run(), SAMPLE_RATE)
        plain = to_mono(guide.audio)
        for name, sound in performances(request, modes, strengths, guide):
            found.features.setdefault(name, []).append(embed(sound))
            label = judge.classify(Recording(sound, SAMPLE_RATE), Run()).labels[0].label
            found.followed.setdefault(name, []).append(
                {
                    "genre": float(label == genre),
                    "tempo": float(agreement.same_tempo(request.tempo, sound, SAMPLE_RATE)),
                    "onsets": agreement.onset_f1(plain, sound, SAMPLE_RATE),
                    "pitch classes": agreement.pitch_class_agreement(plain, sound, SAMPLE_RATE),
                }
            )
    return found


def measure(
    folder: Path, modes: tuple[str, ...], strengths: tuple[float, ...], clips: int, seconds: float, jobs: int
) -> dict[str, Any]:
    """Everything for the tables: by genre and system."""
    work = [(folder, genre, modes, strengths, clips, seconds) for genre in GENRES]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        heard = dict(zip(GENRES, tqdm(pool.map(one_genre, work), total=len(work), mininterval=5), strict=True))
    project = frechet.fit([rows for found in heard.values() for rows in found.training], COMPONENTS)
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    windows: dict[str, dict[str, int]] = {}
    for genre, found in heard.items():
        reference = [project(track) for track in found.held_out]
        features = {name: [project(clip) for clip in made] for name, made in found.features.items()}
        size = sum(len(clip) for clip in features["guide"])
        others = np.random.default_rng(0).permutation(np.concatenate([project(track) for track in found.training]))
        features["other recordings"] = np.array_split(others[:size], clips)
        rows[genre] = {name: _row(reference, made, found.followed.get(name)) for name, made in features.items()}
        windows[genre] = {"reference": sum(len(track) for track in reference), "system": size}
    return {
        "clips a genre": clips,
        "seconds": seconds,
        "strengths": strengths,
        "components": COMPONENTS,
        "windows": windows,
        "genres": rows,
        "mean": _means(rows),
    }


def _row(
    reference: list[frechet.Features], made: list[frechet.Features], heard: list[dict[str, float]] | None
) -> dict[str, Any]:
    whole, low, high = frechet.bootstrap(reference, made)
    row: dict[str, Any] = {"fad": round(whole, 2), "interval": [round(low, 2), round(high, 2)]}
    for name in heard[0] if heard else ():
        row[name] = round(float(np.mean([words[name] for words in heard or ()])), 3)
    return row


def _means(rows: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """Means over the genres, by system."""
    systems = list(dict.fromkeys(name for genre in rows.values() for name in genre))
    figures = ("fad", "genre", "tempo", "onsets", "pitch classes")
    return {
        system: {
            figure: round(float(np.mean([rows[genre][system][figure] for genre in rows])), 3)
            for figure in figures
            if all(figure in rows[genre][system] for genre in rows)
        }
        for system in systems
    }


def table(result: dict[str, Any]) -> str:
    """The means as text."""
    lines = [f"{'':28}{'FAD':>8}{'genre':>8}{'tempo':>8}{'onsets':>8}{'pitch':>8}"]
    for name, row in result["mean"].items():
        cells = [
            f"{row[f]:8.2f}" if f in row else f"{'':8}" for f in ("fad", "genre", "tempo", "onsets", "pitch classes")
        ]
        lines.append(f"{name:28}" + "".join(cells))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument(
        "--modes", nargs="+", default=["rave", "melgan", "notes"], help="with options if need be: ddim:steps=10"
    )
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, help="of the guide")
    parser.add_argument("--clips", type=int, default=6, help="pieces a genre")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("var/audio.json"))
    args = parser.parse_args()
    result = measure(args.data, tuple(args.modes), tuple(args.strengths), args.clips, args.seconds, args.jobs)
    args.out.write_text(json.dumps(result, indent=2) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
