"""Answers that are held until a short job is over: ``?wait=10``."""

import threading
import time

from pydantic import BaseModel, Field

from app import jobs
from app.context import current

MAX_WAIT = 10.0  # seconds
FIRST_LOOK, LONGEST_PAUSE = 0.02, 0.2  # seconds between looks at the job
GROWTH = 1.15  # of the pause: an answer comes at most a seventh later than it is there
MOST_WAITERS = 4  # held answers at a time: each keeps a server thread busy
waiters = threading.BoundedSemaphore(MOST_WAITERS)


class WaitQuery(BaseModel):
    wait: float = Field(
        0,
        ge=0,
        le=MAX_WAIT,
        description="Hold the answer up to so many seconds; 200 with the result if it is there.",
    )


def until_over(job_id: str, seconds: float) -> bool:
    """Look at the row until the job is over or the time is; False at once when too many are waiting already."""
    if seconds <= 0 or not waiters.acquire(blocking=False):
        return False
    try:
        end, pause = time.monotonic() + seconds, FIRST_LOOK
        while time.monotonic() < end:
            if jobs.get(current(), job_id).state in jobs.FINAL:
                return True
            time.sleep(min(pause, max(0.0, end - time.monotonic())))
            pause = min(pause * GROWTH, LONGEST_PAUSE)
        return False
    finally:
        waiters.release()
