"""Make the starter library: ``python -m models.composer.starter [--folder genres]``.

Ten genres with eight tracks of half a minute, composed from the seeds below; the same code makes the same music.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from models.audio import encode
from models.composer.engine import compose
from models.composer.library import CATALOGUE
from models.composer.midi import to_midi
from models.composer.render import render
from models.composer.render.voices import SAMPLE_RATE
from models.composer.styles import style
from models.spec import GenerateRequest
from models.vocabulary import GENRES

LENGTH = 30.0
SEEDS = tuple(range(101, 109))
BITRATE = 40_000
TEMPI: dict[str, tuple[int, ...]] = {
    "blues": (60, 72, 84, 96, 108, 120, 132, 150),
    "classical": (56, 66, 76, 88, 100, 112, 126, 144),
    "country": (76, 88, 100, 112, 124, 136, 152, 176),
    "disco": (100, 108, 112, 116, 120, 124, 128, 136),
    "hiphop": (68, 76, 82, 86, 90, 94, 100, 110),
    "jazz": (64, 84, 104, 122, 140, 160, 184, 208),
    "metal": (84, 100, 112, 126, 140, 156, 176, 200),
    "pop": (68, 80, 92, 100, 108, 116, 124, 138),
    "reggae": (64, 70, 74, 78, 82, 88, 96, 140),
    "rock": (76, 92, 104, 114, 124, 136, 150, 172),
}


def main() -> None:
    """Write audio, MIDI and the catalogue."""
    parser = argparse.ArgumentParser(description="Make the starter library.")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parents[2] / "genres")
    folder = parser.parse_args().folder
    rows = []
    for genre in GENRES:
        (folder / genre).mkdir(parents=True, exist_ok=True)
        for number, (seed, tempo) in enumerate(zip(SEEDS, TEMPI[genre], strict=True)):
            rows.append(make(folder, genre, number, seed, float(tempo)))
            print(f"{rows[-1]['path']}: {rows[-1]['title']}, {rows[-1]['key']}", flush=True)
    text = json.dumps({"licence": "CC0-1.0", "tracks": rows}, indent=1, ensure_ascii=False)
    (folder / CATALOGUE).write_text(text + "\n", encoding="utf-8")


def make(folder: Path, genre: str, number: int, seed: int, tempo: float) -> dict[str, object]:
    """Compose, play and write one track; returns its row of the catalogue."""
    bands = style(genre).bands
    band = bands[number % len(bands)]
    request = GenerateRequest(genre, band, tempo, LENGTH, seed)
    score = compose(request)
    path = folder / genre / f"{genre}-{number + 1:02d}.opus"
    tags = {"title": score.title, "genre": genre, "bpm": tempo, "key": score.key, "seed": seed, "software": "Tunesmith"}
    encode(render(score), SAMPLE_RATE, path, "opus", tags, bitrate=BITRATE)
    path.with_suffix(".mid").write_bytes(to_midi(score))
    final = score.chords[-1].start
    return {
        "path": path.relative_to(folder).as_posix(),
        "title": score.title,
        "seed": seed,
        "tempo": tempo,
        "key": score.key,
        "metre": score.metre[0],
        "final": final,
        "length": LENGTH,
        "instruments": [part.instrument for part in score.parts],
    }


if __name__ == "__main__":
    main()
