"""Stems of a running studio: made by a worker, they add up to the track."""

import io
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.running import Studio


@pytest.fixture(scope="module")
def track(studio: Studio) -> dict[str, Any]:
    body = {"genre": "jazz", "instruments": ["piano", "bass", "drums"], "tempo": 140, "length": 12, "seed": 21}
    _, job = studio.call("POST", "/generate", body | {"options": {"reverb": 1.6}})
    done = studio.wait(job["id"])
    assert done["state"] == "done", done
    made: dict[str, Any] = done["result"]["track"]
    return made


@pytest.fixture(scope="module")
def stems(studio: Studio, track: dict[str, Any]) -> dict[str, Any]:
    status, job = studio.call("POST", track["links"]["stems"])
    assert status == 202
    seen: list[str] = []

    def over(row: dict[str, Any]) -> bool:
        seen.append(row["stage"])
        return row["state"] in {"done", "failed"}

    done = studio.wait(job["id"], over)
    assert done["state"] == "done", done
    assert done["result"]["track"]["id"] == track["id"]
    assert len(set(seen)) >= 2
    _, listed = studio.call("GET", track["links"]["stems"])
    return listed


def sound(studio: Studio, link: str) -> Any:
    status, data, _ = studio.fetch("GET", link)
    assert status == 200
    return soundfile.read(io.BytesIO(data))[0]


def test_there_is_a_stem_for_every_part(studio: Studio, track: dict[str, Any], stems: dict[str, Any]) -> None:
    _, score = studio.call("GET", track["links"]["notes"])
    assert [stem["name"] for stem in stems["stems"]] == [part["name"] for part in score["parts"]]
    assert {stem["instrument"] for stem in stems["stems"]} == {"piano", "bass", "drums"}


def test_together_they_are_the_track(studio: Studio, track: dict[str, Any], stems: dict[str, Any]) -> None:
    whole = sound(studio, track["links"]["wav"])
    parts = [sound(studio, stem["links"]["wav"]) for stem in stems["stems"]]
    assert all(part.shape == whole.shape for part in parts)
    assert all(np.abs(part).max() > 0.01 for part in parts)
    rest = np.sqrt(np.mean((sum(parts) - whole) ** 2))
    assert 20 * np.log10(rest / np.sqrt(np.mean(whole**2))) < -55, "only the rounding to 16 bits remains"


def test_cancelled_they_leave_no_file(studio: Studio) -> None:
    _, job = studio.call("POST", "/generate", {"genre": "rock", "length": 90, "seed": 5})
    made = studio.wait(job["id"])["result"]["track"]
    before = set(studio.var_dir.rglob("files/*/*"))
    _, job = studio.call("POST", made["links"]["stems"])
    studio.wait(job["id"], lambda row: row["stage"].startswith("rendering"))
    studio.call("DELETE", f"/jobs/{job['id']}")
    _, short = studio.call("POST", "/generate", {"genre": "rock", "length": 1, "seed": 6})
    # The worker is free again, so the cancelled job is over.
    track = studio.wait(short["id"])["result"]["track"]
    studio.call("DELETE", f"/tracks/{track['id']}")
    assert set(studio.var_dir.rglob("files/*/*")) == before
    assert studio.call("GET", made["links"]["stems"])[1]["ready"] is False
