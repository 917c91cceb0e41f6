"""Many different files through ``POST /classify`` and the queue: ``python -m benchmarks.throughput [--count 500]``.

The files are cuts of the starter library's tracks and of pieces of our composer, each at another speed and level. A
track is encoded once, longer than a file; the files are stretches of its MP3 frames, no two alike, so nothing is
answered from memory. They are the same for the same seed; ``--keep FOLDER`` makes them once for several runs. Prints
one report.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import click
import numpy as np

from app.settings import ROOT
from benchmarks.memory import fast_process
from models import audio, registry
from models.spec import Audio, GenerateRequest, Run
from models.vocabulary import GENRES
from tests.running import Studio, start_studio, stop_studio

SECONDS, RATE = 30, 44_100
BITRATE = 128_000  # bit/s, as most music files that people have
SLOWEST, FASTEST = 0.85, 1.18  # speed, with the pitch
MARGIN = 15  # seconds of a track beyond the length of a file, so that files of it can begin at many places


def sources(composed: int) -> list[Audio]:
    """The starter library's tracks, and as many pieces of our composer, stereo at 44.1 kHz."""
    found = [audio.decode(path, sample_rate=RATE)[0] for path in sorted((ROOT / "genres").glob("*/*.opus"))]
    composer = registry.load("generators", "compose")
    for seed in range(composed):
        genre = GENRES[seed % len(GENRES)]
        request = GenerateRequest(genre, (), 80.0 + 7 * (seed % 12), SECONDS, seed, options={})
        found.append(composer.generate(request, Run()).audio)
    return [audio.to_stereo(sound) for sound in found]


def make_files(folder: Path, count: int, seed: int, composed: int) -> list[Path]:
    """``count`` MP3 files of 30 s; those that lie there already are taken as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"seed{seed}-{number:04}.mp3" for number in range(count)]
    if all(path.exists() for path in paths):
        return paths
    rng = np.random.default_rng(seed)
    tracks = [frames_of(variant(sound, rng)) for sound in sources(composed)[:count]]
    for track, own in zip(tracks, (paths[k :: len(tracks)] for k in range(len(tracks))), strict=True):
        length = round(len(track) * SECONDS / (SECONDS + MARGIN))
        for path, first in zip(own, rng.permutation(len(track) - length), strict=False):
            path.write_bytes(b"".join(track[first : first + length]))
    return paths


def variant(sound: Audio, rng: np.random.Generator) -> Audio:
    """A track at another speed and level, repeated until it is long enough to cut from."""
    speed = rng.uniform(SLOWEST, FASTEST)
    other = audio.resample(sound, round(RATE * speed), RATE) * np.float32(10 ** (rng.uniform(-12, 0) / 20))
    times = -(-(SECONDS + MARGIN) * RATE // other.shape[1])
    return np.tile(other, (1, times))[:, : (SECONDS + MARGIN) * RATE]


def frames_of(sound: Audio) -> list[bytes]:
    """The frames of (2, samples) as an MP3 of constant bit rate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track.mp3"
        audio.encode(sound, RATE, path, "mp3", bitrate=BITRATE)
        with av.open(path) as file:
            return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def send(studio: Studio, path: Path, tasks: str) -> tuple[float, dict[str, int]]:
    """Seconds from the first byte sent to the answer, and the worker's own times by task."""
    start = time.perf_counter()
    status, job = studio.upload("/classify?wait=10", path, name=path.name, tasks=tasks)
    assert status in (200, 202), job
    if status == 202:
        job = studio.wait(job["id"], seconds=600)
    assert job["state"] == "done", job
    return time.perf_counter() - start, job["result"]["timings_ms"] | {"all": job["result"]["elapsed_ms"]}


def report(count: int, seconds: float, took: list[float], own: dict[str, list[int]]) -> None:
    """Print the figures."""
    click.echo(f"{count} files in {seconds:.1f} s: {count / seconds:.2f} files a second, ", nl=False)
    click.echo(f"{count * SECONDS / seconds:.0f} times as fast as they play")
    click.echo(f"latency: median {statistics.median(took):.2f} s, 95 % under {percentile(took, 95):.2f} s, ", nl=False)
    click.echo(f"longest {max(took):.2f} s")
    click.echo(f"{'in the worker':14} {'median ms':>10} {'95 % under':>11}")
    for task, times in own.items():
        click.echo(f"{task:14} {statistics.median(times):10.0f} {percentile(times, 95):11.0f}")


def percentile(values: list[float] | list[int], share: float) -> float:
    """A percentile of any number of values."""
    return float(np.percentile(values, share))


@click.command()
@click.option("--count", default=500, show_default=True, help="Files to send.")
@click.option("--clients", default=4, show_default=True, help="Files under way at a time.")
@click.option("--tasks", default="", help="Separated by commas. Default: all that are ready.")
@click.option("--seed", default=0, show_default=True)
@click.option("--composed", default=10, show_default=True, help="Pieces of our own composer among the sources.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for the files, to make them only once.")
def main(count: int, clients: int, tasks: str, seed: int, composed: int, keep: Path | None) -> None:
    """Make the files, start a studio, send them, and print the report."""
    with tempfile.TemporaryDirectory() as folder:
        paths = make_files(keep or Path(folder) / "files", count, seed, composed)
        studio = start_studio(Path(folder) / "var")
        try:
            send(studio, paths[0], tasks)  # warm
            before = fast_process(studio).memory_info().rss / 1e6
            start = time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                answers = list(pool.map(lambda path: send(studio, path, tasks), paths))
            seconds = time.perf_counter() - start
            after = fast_process(studio).memory_info().rss / 1e6
        finally:
            stop_studio(studio)
    own: dict[str, list[int]] = defaultdict(list)
    for _, times in answers:
        for task, milliseconds in times.items():
            own[task].append(milliseconds)
    report(count, seconds, [took for took, _ in answers], own)
    click.echo(f"one worker process, {clients} clients; resident {before:.0f} MB before, {after:.0f} MB after")


if __name__ == "__main__":
    main()
