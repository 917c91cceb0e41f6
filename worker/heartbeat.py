"""Keeps a job's lease while a backend works, carries its progress to the table, and hears of a cancel."""

import logging
import os
import shutil
import threading
import time
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import OperationalError

from app import jobs
from app.context import Context
from models.spec import Cancelled, Run

log = logging.getLogger(__name__)

SOONEST = 0.1  # seconds between two writes, however often the stage changes
EXIT_CANCELLED = 70  # exit status of a process that would not stop

expendable = False
"""True in a pool's child process, which the pool replaces when it ends."""


class Heartbeat:
    """A thread that renews the lease. ``folder`` is the job's scratch folder, removed whatever happens."""

    def __init__(self, context: Context, job_id: str, owner: str) -> None:
        self.context = context
        self.job_id = job_id
        self.owner = owner
        self.folder = context.settings.scratch_dir / f"job-{job_id}-{os.getpid()}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run = Run(progress=self._progress, cancelled=lambda: self._lost.is_set())
        self._fraction, self._stage = 0.0, "starting"
        self._lost, self._over, self._news = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat {job_id}", daemon=True)

    def _progress(self, fraction: float, stage: str) -> None:
        if self._lost.is_set():
            raise Cancelled
        # Progress never runs backwards, so that a bar on the screen does not either.
        self._fraction = min(1.0, max(self._fraction, fraction))
        if stage != self._stage:
            self._stage = stage
            self._news.set()

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._news.set()
        self._thread.join()

    def _beat(self) -> None:
        settings = self.context.settings
        while not self._over.is_set():
            if self._news.wait(settings.heartbeat_seconds):
                self._news.clear()
                self._over.wait(SOONEST)
            if self._over.is_set():
                return
            try:
                mine = jobs.renew(self.context, self.job_id, self.owner, self._fraction, self._stage)
            except OperationalError as error:
                # The lease outlives several missed renewals; if it does lapse, finish() will refuse us.
                log.warning("lease of %s not renewed: %s", self.job_id, error)
                continue
            if not mine:
                self._lost.set()
                self._end_process_unless_over(settings.cancel_grace_seconds)
                return

    def _end_process_unless_over(self, grace: float) -> None:
        if self._over.wait(grace) or not expendable:
            return
        log.warning("job %s did not stop within %.1f s, its process is ended", self.job_id, grace)
        remove_folder(self.folder)
        os._exit(EXIT_CANCELLED)


def remove_folder(folder: Path) -> None:
    """Remove a scratch folder that another thread may still be writing to."""
    end = time.monotonic() + 1.0
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
