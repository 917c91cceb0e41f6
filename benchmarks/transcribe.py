"""How long a voice takes to become piano: ``python -m benchmarks.transcribe [--lengths 60 600]``.

A studio that really runs gets a singer of so many seconds (the clips of the tests, one after the other), warm: from the
upload to the answer over HTTP, the part of it that the worker took, and the highest resident memory of its process
while it worked; and the memory of a process that does nothing else. Then the stages in this process, against peers of
the same work in the same run: the pitch by pyin, and the notes by Basic Pitch.
"""

import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import soundfile

from benchmarks.memory import Watch, fast_process
from models import registry
from models.audio import Recording, resample
from models.spec import Run
from models.transcription import basic_pitch, playing
from models.transcription.melody import play
from models.transcription.pitch import RATE, follow
from models.transcription.settings import Rules, Settings
from tests.conftest import CLIPS
from tests.running import Studio, start_studio, stop_studio

SINGER_RATE = 44_100  # Hz
ROUNDS = 5
ALONE = """
import sys
from models import registry
from models.audio import Recording
from models.spec import Run
from models.transcription import playing
from models.transcription.melody import play
from models.transcription.settings import Rules, Settings
recording = Recording.open(sys.argv[1])
found = registry.load("transcribers", "vocal_piano").transcribe(recording, Settings(), Run())
melody = play(found.heard, recording.seconds, Rules(), "voice")
playing.play(melody.notes, "piano", round(recording.seconds * 44_100), 44_100)
"""
"""Voice to piano, from a file to samples."""
ASKED_SECONDS, ASKED_MB = 4.0, 800  # for a minute


def voice(seconds: float) -> np.ndarray:
    """(samples,) of singing at `SINGER_RATE`."""
    clips = [soundfile.read(CLIPS / name, dtype="float32")[0] for name in ("vocadito_1.flac", "vocadito_10.flac")]
    return np.resize(np.concatenate(clips), round(seconds * SINGER_RATE))


def over_http(studio: Studio, seconds: float, rounds: int) -> tuple[float, float, float]:
    """Median seconds of the whole call and of the worker's part, and the peak of the worker's memory in MB."""
    file = io.BytesIO()
    soundfile.write(file, voice(seconds), SINGER_RATE, format="FLAC")
    walls, works = [], []
    with Watch(fast_process(studio)) as watch:
        for _ in range(rounds):
            begun = time.perf_counter()
            status, job = studio.upload("/transcribe?wait=10", file.getvalue(), "voice.flac")
            done = job if status == 200 else studio.wait(job["id"], seconds=300)
            walls.append(time.perf_counter() - begun)
            works.append(done["result"]["elapsed_ms"] / 1000)
    return statistics.median(walls), statistics.median(works), watch.peak


def alone(seconds: float) -> tuple[float, float]:
    """The highest resident memory in MB of a process that does nothing but this, and that of one with PyTorch alone."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "voice.flac"
        soundfile.write(path, voice(seconds), SINGER_RATE)
        marks = []
        for code in (ALONE, "import torch"):
            # Linux's own high-water mark: getrusage would tell of this process where it is larger.
            told = "\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
            command = [sys.executable, "-c", code + told, str(path)]
            result = subprocess.run(command, capture_output=True, text=True, check=True)
            marks.append(int(result.stdout.split()[-1]) * 1024 / 1e6)
    return marks[0], marks[1]


def timed(work: Callable[[], object], rounds: int) -> float:
    """Median seconds, after one call that does not count."""
    work()
    marks = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        marks.append(time.perf_counter() - begun)
    return statistics.median(marks)


def stages(seconds: float, rounds: int) -> dict[str, float]:
    """Median seconds of each stage, and of peers."""
    sound = voice(seconds)
    slow = resample(sound[None], SINGER_RATE, RATE)[0]
    backend = registry.load("transcribers", "vocal_piano")

    def listened() -> Recording:
        return Recording.of(sound[None], SINGER_RATE)

    found = backend.transcribe(listened(), Settings(), Run())
    melody = play(found.heard, seconds, Rules(), "voice")
    whole = listened().mono(basic_pitch.SAMPLE_RATE)
    return {
        "pitch": timed(lambda: follow(slow), rounds),
        "pitch, notes and all that is heard": timed(lambda: backend.transcribe(listened(), Settings(), Run()), rounds),
        "rules": timed(lambda: play(found.heard, seconds, Rules(quantize="1/8", simplify=0.3), "voice"), rounds),
        "piano": timed(lambda: playing.play(melody.notes, "piano", len(sound), SINGER_RATE), rounds),
        "peer: pitch by pyin": timed(lambda: follow(slow, "pyin"), 1),
        "peer: notes by Basic Pitch": timed(lambda: basic_pitch.notes(basic_pitch.listen(whole)), rounds),
    }


@click.command()
@click.option("--lengths", multiple=True, type=float, default=(60.0, 600.0), show_default=True, help="Seconds.")
@click.option("--rounds", default=ROUNDS, show_default=True)
def main(lengths: tuple[float, ...], rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        studio = start_studio(Path(name) / "var")
        try:
            over_http(studio, 5.0, 1)
            rest = fast_process(studio).memory_info().rss / 1e6
            click.echo(f"a warm process of the fast queue: {rest:.0f} MB at rest\n")
            click.echo(f"{'voice':>8} {'call s':>8} {'worker s':>9} {'peak MB':>8}")
            for seconds in lengths:
                wall, work, peak = over_http(studio, seconds, rounds if seconds <= 60 else 1)
                click.echo(f"{seconds:7g}s {wall:8.2f} {work:9.2f} {peak:8.0f}")
            click.echo(f"asked of a minute: {ASKED_SECONDS:g} s, {ASKED_MB} MB")
            own, torch = alone(60.0)
            click.echo(f"a minute in a process of its own: {own:.0f} MB, of which PyTorch {torch:.0f}\n")
        finally:
            stop_studio(studio)
    found = stages(60.0, rounds)
    ours = found["pitch, notes and all that is heard"]
    click.echo(f"{'stage, of a minute':40} {'seconds':>8}  against ours")
    for name, seconds in found.items():
        ratio = f"{seconds / (found['pitch'] if 'pyin' in name else ours):8.1f}" if name.startswith("peer") else ""
        click.echo(f"{name:40} {seconds:8.3f}  {ratio}")


if __name__ == "__main__":
    main()
