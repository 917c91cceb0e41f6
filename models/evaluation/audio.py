"""How good the neural modes are: ``python -m models.evaluation.audio --data PACK --out var/audio.json``.

For each genre some pieces are composed, and each mode performs them at three guide strengths. Frechet audio distance
(`models.evaluation.frechet`) to recordings of the genre by artists who were not trained with, for the same number of
windows of every system: other recordings (the floor), the guide, the modes, RAVE decoding white-noise latents as
MelodyMaker did, and white noise (the ceiling). Beside it what the genre classifier hears and how the guide was kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models import registry
from models.audio import Recording, resample, to_mono
from models.evaluation import agreement, frechet
from models.generators._guide import Guide, make_guide
from models.spec import GenerateRequest, Run
from models.training.audio_pack import SAMPLE_RATE, Pack, load
from models.vocabulary import GENRES, USUAL_BANDS, USUAL_TEMPOS

STRENGTHS = (1.0, 0.5, 0.0)
COMPONENTS = 32
"""Dimensions of musicnn's features that distances are measured in: the sets are too small for all 200."""
FIRST_SEED = 900_000
"""Far from the seeds of the pack's pieces."""
Sound = NDArray[np.float32]


def requests(genre: str, clips: int, seconds: float) -> Iterator[GenerateRequest]:
    """The pieces of a genre: its usual band at tempi around its usual one."""
    for number in range(clips):
        spread = (number - (clips - 1) / 2) / max(1, clips) * 0.4
        tempo = float(round(USUAL_TEMPOS[genre] * 2**spread))
        yield GenerateRequest(genre, USUAL_BANDS[genre], tempo, seconds, FIRST_SEED + number)


def performances(request: GenerateRequest, modes: tuple[str, ...], guide: Guide) -> Iterator[tuple[str, Sound]]:
    """Every system's version of a piece, (samples,) at `SAMPLE_RATE`, under its name in the tables."""
    yield "guide", to_mono(guide.audio)
    for mode in modes:
        for strength in STRENGTHS:
            backend = registry.load("generators", mode)
            clip = backend.generate(replace(request, guide_strength=strength), Run())
            assert clip.audio.shape[1] == round(request.length * clip.sample_rate)
            yield f"{mode} {strength:g}", to_mono(resample(clip.audio, clip.sample_rate, SAMPLE_RATE))
    if "rave" in modes:
        yield "RAVE, white-noise latents", white_latents(request)
    random = np.random.default_rng(request.seed)
    yield "white noise", (0.1 * random.standard_normal(round(request.length * SAMPLE_RATE))).astype(np.float32)


def white_latents(request: GenerateRequest) -> Sound:
    """What MelodyMaker did: RAVE decodes independent standard normal latents; (samples,)."""
    import torch

    backend = registry.load("generators", "rave")
    net = backend.net
    random = torch.Generator().manual_seed(request.seed)
    frames = round(request.length * SAMPLE_RATE) // net.config.ratio
    with torch.inference_mode():
        latent = torch.randn(1, net.config.latent, frames, generator=random)
        condition = net.condition(torch.tensor([GENRES.index(request.genre)]), torch.tensor([1]))
        return backend.decode(latent, condition, random, Run())[0].numpy()


def real(pack: Pack, genre: str, split: str, embed: Callable[[Sound], frechet.Features]) -> list[frechet.Features]:
    """Features of the recordings of a genre, an array a track."""
    return [embed(pack.audio(number)) for number in pack.where(split, recorded=True, genre=genre)]  # type: ignore[arg-type]


def measure(pack: Pack, modes: tuple[str, ...], clips: int, seconds: float) -> dict[str, Any]:
    """Everything for the tables: by genre and system."""
    judge = registry.load("classifiers", "genre")

    def embed(sound: Sound) -> frechet.Features:
        return frechet.embed(sound, SAMPLE_RATE)

    training = {genre: real(pack, genre, "train", embed) for genre in tqdm(GENRES, desc="training recordings")}
    project = frechet.fit([rows for tracks in training.values() for rows in tracks], COMPONENTS)
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for genre in GENRES:
        reference = [project(track) for track in real(pack, genre, "test", embed)]
        features: dict[str, list[frechet.Features]] = {}
        heard: dict[str, list[dict[str, float]]] = {}
        for request in tqdm(list(requests(genre, clips, seconds)), desc=genre):
            guide = make_guide(request, Run(), SAMPLE_RATE)
            plain = to_mono(guide.audio)
            for name, sound in performances(request, modes, guide):
                features.setdefault(name, []).append(project(embed(sound)))
                label = judge.classify(Recording(sound, SAMPLE_RATE), Run()).labels[0].label
                heard.setdefault(name, []).append(
                    {
                        "genre": float(label == genre),
                        "tempo": float(agreement.same_tempo(request.tempo, sound, SAMPLE_RATE)),
                        "onsets": agreement.onset_f1(plain, sound, SAMPLE_RATE),
                        "pitch classes": agreement.pitch_class_agreement(plain, sound, SAMPLE_RATE),
                    }
                )
        windows = sum(len(clip) for clip in features["guide"])
        others = np.random.default_rng(0).permutation(np.concatenate([project(track) for track in training[genre]]))
        features["other recordings"] = np.array_split(others[:windows], clips)
        rows[genre] = {name: _row(reference, made, heard.get(name)) for name, made in features.items()}
    return {
        "clips a genre": clips,
        "seconds": seconds,
        "strengths": STRENGTHS,
        "components": COMPONENTS,
        "windows": {genre: _windows(pack, genre, clips, seconds) for genre in GENRES},
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


def _windows(pack: Pack, genre: str, clips: int, seconds: float) -> dict[str, int]:
    """How many windows of 3 s stand on each side."""
    each = 1 + int((seconds - 3) / 1.5)
    tracks = [pack.sounds[n].seconds for n in pack.where("test", recorded=True, genre=genre)]
    return {"reference": sum(max(1, 1 + int((s - 3) / 1.5)) for s in tracks), "system": clips * each}


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
    parser.add_argument("--modes", nargs="+", default=["rave", "melgan", "notes"])
    parser.add_argument("--clips", type=int, default=6, help="pieces a genre")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=Path("var/audio.json"))
    args = parser.parse_args()
    result = measure(load(args.data), tuple(args.modes), args.clips, args.seconds)
    args.out.write_text(json.dumps(result, indent=2) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
