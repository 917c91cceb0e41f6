"""The launcher: starts everything, ends everything, and says what is wrong."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.settings import ROOT
from tests.running import Studio, start_studio, stop_studio


def family(studio: Studio) -> list[psutil.Process]:
    return psutil.Process(studio.process.pid).children(recursive=True)


def launch(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.launch", *arguments],
        cwd=ROOT,
        env=dict(os.environ, CI="true", **env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("how", ["ctrl-c", "kill", "a child dies"])
def test_no_child_outlives_the_launcher(tmp_path: Path, how: str) -> None:
    studio = start_studio(tmp_path / "var")
    children = family(studio)
    assert len(children) >= 6  # broker, web, two workers with a process each
    if how == "ctrl-c":
        stop_studio(studio)
        assert studio.process.returncode == 0
    elif how == "kill":
        studio.process.kill()
        studio.process.wait(10)
    else:
        web = next(child for child in children if "app.server" in child.cmdline())
        web.send_signal(signal.SIGKILL)
        studio.process.wait(20)
        assert studio.process.returncode == 1
        assert "web server ended unexpectedly" in studio.log.read_text()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def test_two_copies_run_side_by_side_and_a_taken_port_is_explained(studio: Studio, tmp_path: Path) -> None:
    second = start_studio(tmp_path / "second")
    assert second.call("GET", "/health")[0] == 200
    port = second.url.rsplit(":", 1)[1]
    refused = launch("--no-browser", "--port", port, "--var", str(tmp_path / "third"))
    stop_studio(second)
    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert "--port" in refused.stderr.split("another copy")[1]


def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    refused = launch("--no-browser", "--var", str(tmp_path), MAX_UPLOAD_MB="plenty")
    assert refused.returncode != 0
    assert "MAX_UPLOAD_MB='plenty'" in refused.stderr


def test_jobs_of_a_stopped_studio_go_on_at_the_next_start(tmp_path: Path) -> None:
    short = {"LEASE_SECONDS": "3", "RECOVER_SECONDS": "1"}
    studio = start_studio(tmp_path / "var", env=short)
    ids = [studio.call("POST", "/generate", {"genre": "rock", "length": 60, "seed": n})[1]["id"] for n in range(2)]
    studio.wait(ids[0], lambda job: job["state"] == "running")
    stop_studio(studio)
    again = start_studio(tmp_path / "var", env=short)
    states = [again.wait(job_id)["state"] for job_id in ids]
    stop_studio(again)
    assert states == ["done", "done"]
