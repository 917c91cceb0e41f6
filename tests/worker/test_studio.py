"""A running studio does its main jobs: over HTTP, with real workers, on real sound."""

import io
import os
import signal
import struct
import time
import wave
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.running import Studio

REQUEST = {"genre": "jazz", "instruments": ["piano", "bass", "drums"], "tempo": 140, "length": 30, "seed": 7}
LONG = {"genre": "rock", "tempo": 120, "length": 300, "seed": 1}
MAGIC = {"wav": b"RIFF", "flac": b"fLaC", "ogg": b"OggS"}
RATE = 44_100


def made(studio: Studio, **changes: Any) -> dict[str, Any]:
    status, job = studio.call("POST", "/generate", REQUEST | changes)
    assert status == 202, job
    done = studio.wait(job["id"])
    assert done["state"] == "done", done
    track: dict[str, Any] = done["result"]["track"]
    return track


def files(studio: Studio) -> set[str]:
    """Every stored file and every scratch file."""
    folders = (studio.var_dir / "files", studio.var_dir / "scratch")
    return {str(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


def worker_children(studio: Studio, queue: str) -> list[psutil.Process]:
    """The pool processes of one queue's worker."""
    launcher = psutil.Process(studio.process.pid)
    main = next(child for child in launcher.children() if queue in child.cmdline())
    return [child for child in main.children() if child.is_running()]


def test_a_track_in_every_format(studio: Studio) -> None:
    track = made(studio)
    for name, magic in MAGIC.items():
        status, data, headers = studio.fetch("GET", track["links"][name])
        assert status == 200
        assert data.startswith(magic)
        assert int(headers["content-length"]) == len(data)
    _, mp3, headers = studio.fetch("GET", track["links"]["mp3"])
    assert mp3[:3] == b"ID3" or mp3[0] == 0xFF
    assert headers["content-type"] == "audio/mpeg"
    _, midi, _ = studio.fetch("GET", track["links"]["midi"])
    assert midi.startswith(b"MThd")
    # A set-tempo event says 60,000,000 / 140 microseconds a quarter note.
    at = midi.index(b"\xff\x51\x03")
    assert 60_000_000 / int.from_bytes(midi[at + 3 : at + 6]) == pytest.approx(140, abs=0.001)


def test_the_wav_has_exactly_the_length_asked_for(studio: Studio) -> None:
    track = made(studio, length=7.77)
    _, data, _ = studio.fetch("GET", track["links"]["wav"])
    with wave.open(io.BytesIO(data)) as sound:
        assert sound.getframerate() == RATE
        assert sound.getnframes() == round(7.77 * RATE)
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8


def test_the_same_seed_gives_the_same_bytes(studio: Studio) -> None:
    first, second, other = (made(studio, length=8, seed=seed) for seed in (7, 7, 8))
    for link in ("wav", "midi"):
        a, b, c = (studio.fetch("GET", track["links"][link])[1] for track in (first, second, other))
        assert a == b
        assert a != c


def test_ranges_and_etags(studio: Studio) -> None:
    link = made(studio, length=5)["links"]["wav"]
    _, whole, headers = studio.fetch("GET", link)
    status, part, partial = studio.fetch("GET", link, headers={"Range": "bytes=100-199"})
    assert (status, part) == (206, whole[100:200])
    assert partial["content-range"] == f"bytes 100-199/{len(whole)}"
    assert studio.fetch("GET", link, headers={"If-None-Match": headers["etag"]})[0] == 304
    assert studio.fetch("GET", link, headers={"Range": f"bytes={len(whole)}-"})[0] == 416


def test_progress_is_real_and_never_runs_backwards(studio: Studio) -> None:
    _, job = studio.call("POST", "/generate", REQUEST | {"length": 120, "seed": 11})
    seen: list[tuple[float, str]] = []

    def watch(row: dict[str, Any]) -> bool:
        seen.append((row["progress"], row["stage"]))
        return row["state"] in {"done", "failed"}

    assert studio.wait(job["id"], watch)["state"] == "done"
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert len({stage for _, stage in seen}) >= 4


@pytest.mark.parametrize("stage", ["rendering", "encoding"])
def test_cancel_of_a_running_job_frees_the_worker_and_leaves_no_file(studio: Studio, stage: str) -> None:
    before = files(studio)
    _, job = studio.call("POST", "/generate", LONG)
    studio.wait(job["id"], lambda row: row["stage"].startswith(stage) or row["state"] == "done")
    _, waiting = studio.call("POST", "/generate", REQUEST | {"length": 1})
    start = time.monotonic()
    assert studio.call("DELETE", f"/jobs/{job['id']}")[1]["state"] == "cancelled"
    studio.wait(waiting["id"], lambda row: row["state"] != "queued")
    freed = time.monotonic() - start
    assert studio.wait(waiting["id"])["state"] == "done"
    assert freed < 2.0
    assert studio.call("GET", f"/jobs/{job['id']}")[1]["state"] == "cancelled"
    track = studio.call("GET", f"/jobs/{waiting['id']}")[1]["result"]["track"]
    studio.call("DELETE", f"/tracks/{track['id']}")
    assert files(studio) == before


def test_cancel_of_a_waiting_job(studio: Studio) -> None:
    _, running = studio.call("POST", "/generate", LONG)
    _, waiting = studio.call("POST", "/generate", REQUEST)
    row = studio.wait(waiting["id"], lambda job: job["position"] is not None or job["state"] != "queued")
    assert row["position"] >= 1
    assert studio.call("DELETE", f"/jobs/{waiting['id']}")[1]["state"] == "cancelled"
    studio.call("DELETE", f"/jobs/{running['id']}")
    assert studio.call("DELETE", f"/jobs/{running['id']}")[0] == 200


def test_a_killed_process_fails_its_job_at_once_and_the_worker_goes_on(studio: Studio) -> None:
    _, job = studio.call("POST", "/generate", LONG)
    studio.wait(job["id"], lambda row: row["state"] == "running")
    (child,) = worker_children(studio, "slow")
    start = time.monotonic()
    os.kill(child.pid, signal.SIGKILL)
    failed = studio.wait(job["id"])
    assert failed["state"] == "failed"
    assert "unexpectedly" in failed["error"]
    assert time.monotonic() - start < 3
    assert made(studio, length=1)["length"] == 1


def test_a_long_generation_does_not_hold_up_a_classification(studio: Studio, clip: Path) -> None:
    _, job = studio.call("POST", "/generate", LONG)
    studio.wait(job["id"], lambda row: row["state"] == "running")
    status, answer = studio.upload("/classify?wait=10", clip)
    assert status == 200
    assert answer["state"] == "done"
    assert studio.call("GET", f"/jobs/{job['id']}")[1]["state"] == "running"
    studio.call("DELETE", f"/jobs/{job['id']}")


def test_a_deleted_track_takes_its_files_along(studio: Studio) -> None:
    before = files(studio)
    track = made(studio, length=2, seed=99)
    assert files(studio) > before
    assert studio.fetch("DELETE", f"/tracks/{track['id']}")[0] == 204
    assert files(studio) == before
    assert studio.call("GET", f"/tracks/{track['id']}")[0] == 404
