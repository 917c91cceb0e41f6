"""POST /classify?wait=10 of one recording in five formats: ``python -m benchmarks.classify_http [FILE]``.

Without a FILE the voice of tests/clips is used. The worker is warm; each time is from the first byte sent to the last
byte of the answer, with genre and tags alone and with every task.
"""

import statistics
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import soundfile

from models.audio import decode, encode, resample
from tests.audio.conftest import write_ffmpeg
from tests.running import Studio, start_studio, stop_studio

CLIP = Path(__file__).resolve().parents[1] / "tests" / "clips" / "vocadito_10.flac"
SECONDS = 30.0  # of a longer recording
OPUS_RATE = 48_000  # Hz, the only rate that WebM's codec has
REPEATS = 5


FORMATS = ("wav", "mp3", "au", "m4a", "webm")


def versions(source: Path, folder: Path, gain: float) -> None:
    """The recording as wav, mp3, au, m4a and webm; each gain makes files that were never heard before."""
    folder.mkdir()
    sound, rate = decode(source, mono=True, max_seconds=SECONDS)
    sound = sound * np.float32(gain)
    for name in ("wav", "mp3"):
        encode(sound, rate, folder / f"clip.{name}", name)
    soundfile.write(folder / "clip.au", sound.T, rate, subtype="PCM_16")
    write_ffmpeg(folder / "clip.m4a", "ipod", "aac", sound, rate, layout="mono")
    fast = resample(sound, rate, OPUS_RATE)
    write_ffmpeg(folder / "clip.webm", "webm", "libopus", fast, OPUS_RATE, layout="mono")


def measure(studio: Studio, paths: list[Path], **fields: str) -> tuple[float, dict[str, float]]:
    """Median seconds to the answer, and the last genre's probabilities.

    Each path is another sound, because a worker remembers what it has just heard.
    """
    took = []
    for path in paths:
        start = time.perf_counter()
        status, job = studio.upload("/classify?wait=10", path, name=path.name, **fields)
        took.append(time.perf_counter() - start)
        assert status == 200, job
    return statistics.median(took), {row["label"]: row["probability"] for row in job["result"]["genre"]}


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path), default=CLIP)
def main(file: Path) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        studio = start_studio(Path(folder) / "var")
        try:
            folders = [Path(folder) / str(number) for number in range(2 * REPEATS)]
            for number, place in enumerate(folders):
                versions(file, place, 0.99**number)
            studio.upload("/classify?wait=10", folders[0] / "clip.wav")
            click.echo("format   genre+tags    all tasks   (asked: under 2 s)   best genre")
            for name in FORMATS:
                paths = [place / f"clip.{name}" for place in folders]
                quick, genre = measure(studio, paths[:REPEATS], tasks="genre,tags")
                full, _ = measure(studio, paths[REPEATS:])
                best = max(genre, key=lambda label: genre[label])
                click.echo(f"{name:6} {quick:10.2f} s {full:10.2f} s   {best:>28} {genre[best]:.2f}")
        finally:
            stop_studio(studio)


if __name__ == "__main__":
    main()
