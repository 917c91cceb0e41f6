"""The one task: take a job, do it, store what came of it. The only place where the database meets the models."""

import logging
import os
import shutil
from collections.abc import Callable

from celery import Task

from app import jobs
from app.context import Context
from app.errors import TunesmithError
from app.queue import RUN_TASK, make_celery
from app.settings import load
from app.tables import Job
from models.spec import BadInput, Cancelled, OutsideError
from worker.bring import bring
from worker.classify import classify
from worker.generate import generate
from worker.heartbeat import Heartbeat
from worker.note import make
from worker.recommend import recommend
from worker.stems import split
from worker.study import run_slice
from worker.transcribe import transcribe

log = logging.getLogger(__name__)

settings = load()
celery = make_celery(settings)

HANDLERS: dict[str, Callable[[Context, Job, Heartbeat], None]] = {
    "generate": generate,
    "classify": classify,
    "stems": split,
    "note": make,
    "study": run_slice,
    "import": bring,
    "recommend": recommend,
    "transcribe": transcribe,
}

_context: Context | None = None


def context() -> Context:
    """This process's own database connections and storage: nothing open may cross a fork."""
    global _context
    if _context is None:
        _context = Context.open(settings, celery)
    return _context


def forget_context() -> None:
    """In a process that was just forked: leave the parent's connections alone and open new ones when needed."""
    global _context
    if _context is not None:
        _context.engine.dispose(close=False)
        _context = None


@celery.task(name=RUN_TASK, bind=True)
def run(task: Task, job_id: str) -> None:
    """Work on a job if it is still to be had; a repeated message finds nothing to do."""
    owner = f"{task.request.id}/{os.getpid()}"
    here = context()
    job = jobs.claim(here, job_id, owner)
    if job is None:
        return
    log.info("%s %s started (attempt %d)", job.kind, job.id, job.attempts)
    heart = Heartbeat(here, job.id, owner)
    try:
        with heart:
            HANDLERS[job.kind](here, job, heart)
    except Cancelled:
        log.info("%s %s stopped: it is no longer ours", job.kind, job.id)
    except (BadInput, OutsideError, TunesmithError) as error:
        jobs.fail(here, job.id, owner, str(error))
    except Exception:
        # Whatever a backend raises must end its job, not the worker.
        log.exception("%s %s failed", job.kind, job.id)
        jobs.fail(here, job.id, owner, jobs.OUR_FAULT)
    finally:
        shutil.rmtree(heart.folder, ignore_errors=True)


# Registers the handlers of Celery's signals; last, because they use what is defined above.
from worker import signals  # noqa: E402, F401
