"""The heartbeat: renews, reports, hears of a cancel, and ends a process that would not stop."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from app import jobs
from app.context import Context
from app.settings import ROOT
from app.tables import Job
from models.spec import Cancelled
from worker.heartbeat import EXIT_CANCELLED, Heartbeat

DEAF = """
import sys, time
from app.context import Context
from app.settings import load
from worker import heartbeat
heartbeat.expendable = True
heart = heartbeat.Heartbeat(Context.open(load()), sys.argv[1], "deaf/1")
(heart.folder / "half-made.wav").write_bytes(b"RIFF")
with heart:
    print("working", flush=True)
    time.sleep(60)  # a backend that never looks up
"""


@pytest.fixture
def running(context: Context) -> Job:
    job = jobs.submit(context, "generate", {"genre": "jazz"}, queue_name="slow")
    claimed = jobs.claim(context, job.id, "deaf/1")
    assert claimed is not None
    return claimed


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_progress_reaches_the_table_and_never_runs_backwards(context: Context, running: Job) -> None:
    heart = Heartbeat(context, running.id, "deaf/1")
    with heart:
        heart.run.progress(0.5, "rendering")
        assert eventually(lambda: jobs.get(context, running.id).stage == "rendering")
        heart.run.part(0.2, 0.4).progress(0.5, "mastering")
        assert eventually(lambda: jobs.get(context, running.id).stage == "mastering")
    row = jobs.get(context, running.id)
    assert row.progress == 0.5
    assert row.lease_until is not None
    assert row.lease_until > time.time()


def test_a_cancel_is_heard_at_the_next_report(context: Context, running: Job) -> None:
    heart = Heartbeat(context, running.id, "deaf/1")
    with heart:
        jobs.cancel(context, running.id)
        assert eventually(heart.run.cancelled)
        with pytest.raises(Cancelled):
            heart.run.progress(0.6, "rendering")


def test_a_process_that_would_not_stop_is_ended_and_leaves_nothing(context: Context, running: Job) -> None:
    settings = context.settings
    env = dict(
        os.environ,
        DATABASE_URL=settings.database_url,
        BROKER_URL=settings.broker_url,
        VAR_DIR=str(settings.var_dir),
        PYTHONPATH=str(ROOT),
    )
    process = subprocess.Popen([sys.executable, "-c", DEAF, running.id], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline().strip() == "working"
        assert any(settings.scratch_dir.rglob("half-made.wav"))
        jobs.cancel(context, running.id)
        start = time.monotonic()
        assert process.wait(10) == EXIT_CANCELLED
    assert time.monotonic() - start < settings.heartbeat_seconds + settings.cancel_grace_seconds + 1
    assert not any(settings.scratch_dir.rglob("half-made.wav"))
    assert jobs.get(context, running.id).state == "cancelled"
