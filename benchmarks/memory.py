"""How much memory the fast worker takes for long and odd files: ``python -m benchmarks.memory [--seconds 900]``.

Each file goes through a studio that really runs, with every task that is ready. "Peak" is the highest resident memory
of the pool's process while it works, sampled every few milliseconds; "own" the highest part of it that no file on disk
backs and no other process shares. PyTorch's CUDA build alone keeps some 150 MB of libraries resident that its CPU build
does not have.
"""

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import count
from pathlib import Path

import click
import numpy as np
import psutil
import soundfile

from benchmarks.classify import music
from models.audio import resample, transcode
from tests.running import Studio, start_studio, stop_studio

LIMIT_MB = 600  # asked: no more resident than that
RATE = 44_100  # Hz
SAMPLE_SECONDS = 0.01  # between two looks at the process
OWN_EVERY = 10  # looks between two at what is its own, which takes the system longer to tell


@dataclass
class Watch:
    """Follows one process's memory; ``peak`` resident and ``own`` in MB."""

    process: psutil.Process
    peak: float = 0.0
    own: float = 0.0

    def __enter__(self) -> "Watch":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        for look in count():
            if look % OWN_EVERY == 0:
                self.own = max(self.own, self.process.memory_full_info().uss / 1e6)
            self.peak = max(self.peak, self.process.memory_info().rss / 1e6)
            if self._over.wait(SAMPLE_SECONDS):
                return


def fast_process(studio: Studio) -> psutil.Process:
    """The one process of the fast queue's pool."""
    launcher = psutil.Process(studio.process.pid)
    main = next(child for child in launcher.children() if "fast" in child.cmdline())
    (child,) = main.children()
    return child


def long_file(path: Path, seconds: int) -> Path:
    """Stereo music at 44.1 kHz that changes from half minute to half minute."""
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as sound:
        left = seconds * RATE
        for seed in range(-(-seconds // 30)):
            part = music(seed).T[:left]
            sound.write(part)
            left -= len(part)
    return path


def odd_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Half a minute of the same music in forms that few programs write."""
    sound = music(0)
    for name, rate, channels, subtype in (
        ("1 kHz mono", 1_000, 1, "PCM_16"),
        ("8 kHz mono, 8 bits", 8_000, 1, "PCM_U8"),
        ("192 kHz stereo, 24 bits", 192_000, 2, "PCM_24"),
        ("44.1 kHz, 20 channels", RATE, 20, "PCM_16"),
        ("768 kHz stereo, float", 768_000, 2, "FLOAT"),
    ):
        path = folder / f"{name}.wav"
        data = resample(sound[:1], RATE, rate) if rate != RATE else sound[:1]
        soundfile.write(path, np.repeat(data.T, channels, axis=1), rate, subtype=subtype)
        yield name, path
    path = folder / "silence.flac"
    soundfile.write(path, np.zeros((30 * RATE, 2)), RATE)
    yield "silence", path


@click.command()
@click.option("--seconds", default=900, show_default=True, help="Length of the long file.")
@click.option("--task", "tasks", multiple=True, help="Measure single tasks as well as all together; may be repeated.")
def main(seconds: int, tasks: tuple[str, ...]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = start_studio(folder / "var", env={"MAX_SECONDS": str(max(900, seconds)), "MAX_UPLOAD_MB": "1000"})
        try:
            long_wav = long_file(folder / "long.wav", seconds)
            long_mp3 = folder / "long.mp3"
            _, warm = studio.upload("/classify?wait=10", long_wav.read_bytes()[: 44 + RATE * 4])
            studio.wait(warm["id"])
            process = fast_process(studio)
            click.echo(
                f"one warm process of the fast queue: {process.memory_info().rss / 1e6:.0f} MB at rest, "
                f"torch {metadata.version('torch')}"
            )
            click.echo(
                f"{'file':34} {'tasks':10} {'peak MB':>8} {'own MB':>7} {'after MB':>9} {'seconds':>8}  timeline"
            )
            minutes = f"{seconds / 60:g} min, 44.1 kHz stereo"
            for task in tasks:
                show(studio, process, f"{minutes}, WAV", long_wav, task)
            show(studio, process, f"{minutes}, WAV", long_wav)
            transcode(long_wav, long_mp3, "mp3")
            show(studio, process, f"{minutes}, MP3", long_mp3)
            for label, path in odd_files(folder):
                show(studio, process, label, path)
            click.echo(f"asked: under {LIMIT_MB} MB")
        finally:
            stop_studio(studio)


def show(studio: Studio, process: psutil.Process, label: str, path: Path, tasks: str = "") -> None:
    """Send a file and print one row."""
    with Watch(process) as watch:
        status, job = studio.upload("/classify", path, name=path.name, tasks=tasks)
        assert status == 202, job
        job = studio.wait(job["id"], seconds=600)
    assert job["state"] == "done", job
    assert process.is_running(), "the process was replaced"
    after = process.memory_info().rss / 1e6
    took = job["result"]["elapsed_ms"] / 1000
    windows = len(job["result"]["timeline"])
    click.echo(
        f"{label:34} {tasks or 'all':10} {watch.peak:8.0f} {watch.own:7.0f} {after:9.0f} {took:8.1f}  {windows} windows"
    )


if __name__ == "__main__":
    main()
