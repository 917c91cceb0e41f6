"""Similar sound over HTTP, warm: ``python -m benchmarks.similar_http [--tracks 200]``.

A studio with a library of composed excerpts (each once more at other speeds, so that there are enough) answers by track
id and by upload of 30 s that it has never heard. Each time is from the first byte sent to the last byte of the answer.
Beside them stands the time of a call that only looks up one track: what HTTP, database and JSON take anyway.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from app.settings import ROOT
from models.audio import decode, encode
from tests.running import Studio, start_studio, stop_studio

EXCERPT, QUERY = 5.0, 30.0  # seconds of a track of the library, and of an upload
RATE = 22_050  # Hz
REPEATS = 30


def library(folder: Path, count: int) -> None:
    """Excerpts of the starter library at changed speeds."""
    folder.mkdir()
    sources = sorted((ROOT / "genres").glob("*/*.opus"))
    for number in range(count):
        sound, _ = decode(sources[number % len(sources)], RATE, mono=True, max_seconds=EXCERPT * 1.5)
        speed = 1 + 0.02 * (number // len(sources))
        places = np.arange(0, round(EXCERPT * RATE)) * speed
        encode(np.interp(places, np.arange(sound.shape[1]), sound[0])[None].astype(np.float32), RATE,
               folder / f"{number:04d}.flac", "flac")  # fmt: skip


def queries(folder: Path) -> list[Path]:
    """Uploads that are all different, so that nothing is remembered."""
    folder.mkdir()
    sources = sorted((ROOT / "genres").glob("*/*.opus"))
    paths = []
    for number in range(REPEATS + 3):
        sound, _ = decode(sources[number % len(sources)], RATE, mono=True, max_seconds=QUERY)
        whole = np.resize(sound[0], round(QUERY * RATE)) * np.float32(0.99 ** (1 + number))
        paths.append(folder / f"{number}.wav")
        encode(whole[None], RATE, paths[-1], "wav")
    return paths


def timed(ask: Callable[[int], None]) -> tuple[float, float]:
    """Median and 95th percentile of milliseconds, after three calls that do not count."""
    took = []
    for number in range(REPEATS + 3):
        start = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took[3:]), float(np.percentile(took[3:], 95))


def fill(studio: Studio, folder: Path) -> list[str]:
    """Import and wait until all is analysed; returns the tracks' ids."""
    _, job = studio.call("POST", "/imports", {"folder": str(folder)})
    studio.wait(job["id"], seconds=600)

    def analysed(_row: object) -> bool:
        latest = studio.call("GET", "/jobs?kind=study&page_size=1")[1]["jobs"]
        return bool(latest and latest[0]["state"] == "done" and latest[0]["result"]["left"] == 0)

    studio.wait(job["id"], analysed, seconds=1800)
    return [track["id"] for track in studio.call("GET", "/tracks?page_size=100")[1]["tracks"]]


@click.command()
@click.option("--tracks", default=200, show_default=True, help="How large the library is.")
def main(tracks: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library(folder / "music", tracks)
        uploads = queries(folder / "queries")
        env = {"ANALYSE_LIBRARY": "true", "IMPORT_FOLDERS": str(folder / "music")}
        studio = start_studio(folder / "var", env=env)
        try:
            ids = fill(studio, folder / "music")

            def get(path: str) -> Callable[[int], None]:
                def ask(number: int) -> None:
                    status, answer = studio.call("GET", path.format(ids[number % len(ids)]))
                    assert status == 200, answer

                return ask

            def upload(number: int) -> None:
                status, job = studio.upload("/recommend?wait=10", uploads[number], name=uploads[number].name)
                assert status == 200, job
                assert job["result"]["neighbours"], job

            rows = {
                "one track, looked up": timed(get("/tracks/{}")),
                "similar, by id": timed(get("/tracks/{}/similar?k=10")),
                "similar, by id, filtered and weighed": timed(
                    get("/tracks/{}/similar?k=10&tempo_min=80&weight_tags=1&weight_tempo=1")
                ),
                "recommend, upload of 30 s": timed(upload),
            }
            least = rows["one track, looked up"][0]
            click.echo(f"{tracks} tracks{'':24}   median ms   p95 ms   times a look-up")
            for what, (median, high) in rows.items():
                click.echo(f"{what:37} {median:8.1f} {high:8.1f} {median / least:10.1f}")
        finally:
            stop_studio(studio)


if __name__ == "__main__":
    main()
