"""POST /classify?wait=10 of one recording in five formats: ``python -m benchmarks.classify_http [FILE]``.

Without a FILE the voice of tests/clips is used. The worker is warm; each time is from the first byte sent to the last
byte of the answer, with genre and tags alone and with every task.
"""

import statistics
import tempfile
import time
from pathlib import Path

import click
import soundfile

from models.audio import decode, encode
from tests.audio.conftest import write_ffmpeg
from tests.running import Studio, start_studio, stop_studio

CLIP = Path(__file__).resolve().parents[1] / "tests" / "clips" / "vocadito_10.flac"
SECONDS = 30.0  # of a longer recording
OPUS_RATE = 48_000  # Hz, the only rate that WebM's codec has
REPEATS = 5


def versions(source: Path, folder: Path) -> list[Path]:
    """The recording as wav, mp3, au, m4a and webm."""
    sound, rate = decode(source, mono=True, max_seconds=SECONDS)
    for name in ("wav", "mp3"):
        encode(sound, rate, folder / f"clip.{name}", name)
    soundfile.write(folder / "clip.au", sound.T, rate, subtype="PCM_16")
    write_ffmpeg(folder / "clip.m4a", "ipod", "aac", sound, rate, layout="mono")
    fast, _ = decode(source, sample_rate=OPUS_RATE, mono=True, max_seconds=SECONDS)
    write_ffmpeg(folder / "clip.webm", "webm", "libopus", fast, OPUS_RATE, layout="mono")
    return sorted(folder.glob("clip.*"))


def measure(studio: Studio, path: Path, **fields: str) -> tuple[float, dict[str, float]]:
    """Median seconds to the answer, and the genre's probabilities."""
    took = []
    for _ in range(REPEATS):
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
            paths = versions(file, Path(folder))
            studio.upload("/classify?wait=10", paths[0])
            click.echo("format   genre+tags    all tasks   (asked: under 2 s)   best genre")
            for path in paths:
                quick, genre = measure(studio, path, tasks="genre,tags")
                full, _ = measure(studio, path)
                best = max(genre, key=lambda label: genre[label])
                click.echo(f"{path.suffix[1:]:6} {quick:10.2f} s {full:10.2f} s   {best:>28} {genre[best]:.2f}")
        finally:
            stop_studio(studio)


if __name__ == "__main__":
    main()
