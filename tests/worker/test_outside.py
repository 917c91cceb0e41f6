"""A running studio with an outside model, played by a server here: what comes of a job, and what it holds up."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.generators.music_server import KEY, Server, running
from tests.running import Studio, start_studio, stop_studio

BODY = {"genre": "jazz", "tempo": 100, "length": 6, "mode": "api", "seed": 3}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def outside_studio(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """With the path `changing`, whose answers the tests choose."""
    env = {
        "MUSIC_API_URL": f"{server.url}/changing",
        "MUSIC_API_KEY": KEY,
        "MUSIC_API_TIMEOUT": "5",
        "MUSIC_API_RETRIES": "1",
    }
    studio = start_studio(tmp_path_factory.mktemp("outside"), env=env)
    yield studio
    stop_studio(studio)


def test_a_track_comes_from_outside(outside_studio: Studio, server: Server) -> None:
    server.changing = "sound"
    _, modes = outside_studio.call("GET", "/modes")
    (mode,) = [row for row in modes["modes"] if row["name"] == "api"]
    assert mode["ready"]
    status, job = outside_studio.call("POST", "/generate", BODY)
    assert status == 202
    done = outside_studio.wait(job["id"])
    assert done["state"] == "done", done
    track = done["result"]["track"]
    assert server.asked[-1][1]["inputs"] == "Mid-tempo jazz, saxophone, piano, bass and drums, 100 BPM"
    wave, rate = soundfile.read(io.BytesIO(outside_studio.fetch("GET", track["links"]["wav"])[1]))
    assert wave.shape == (6 * rate, 2)
    assert not track["links"].get("midi")
    page = outside_studio.fetch("GET", f"/t/{track['id']}")[1].decode()
    assert "Mid-tempo jazz" in page


def test_a_failure_is_told_and_the_key_is_nowhere(outside_studio: Studio, server: Server) -> None:
    server.changing = "unauthorized"
    _, job = outside_studio.call("POST", "/generate", BODY)
    failed = outside_studio.wait(job["id"])
    assert failed["state"] == "failed"
    assert "does not accept the key" in failed["error"]
    page = outside_studio.fetch("GET", f"/jobs/{job['id']}")[1].decode()
    stored = "\n".join(sqlite3.connect(outside_studio.var_dir / "tunesmith.db").iterdump())
    assert KEY not in page + stored + outside_studio.log.read_text()


def test_nobody_waits_for_an_outside_model_that_says_nothing(outside_studio: Studio, server: Server) -> None:
    server.changing = "says-nothing"
    stuck = [outside_studio.call("POST", "/generate", BODY | {"seed": seed})[1]["id"] for seed in range(3)]
    own = outside_studio.call("POST", "/generate", BODY | {"mode": "compose"})[1]["id"]
    assert outside_studio.wait(own)["state"] == "done"
    assert outside_studio.call("GET", f"/jobs/{stuck[0]}")[1]["state"] in ("running", "queued", "failed")
    assert outside_studio.call("DELETE", f"/jobs/{stuck[2]}")[0] == 200
    ends = [outside_studio.wait(job) for job in stuck]
    assert [end["state"] for end in ends] == ["failed", "failed", "cancelled"]
    assert "did not finish within 5 s" in ends[0]["error"]


def test_an_address_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="MUSIC_API_URL must begin with http"):
        start_studio(tmp_path, env={"MUSIC_API_URL": "ftp://example.org", **{"PATH": os.environ["PATH"]}})
