"""What happens around tasks: signs of life, recovery, and the job of a process that died."""

import logging
import os
from typing import Any

from billiard.exceptions import WorkerLostError
from billiard.process import current_process
from celery import bootsteps
from celery.signals import setup_logging, task_failure, worker_process_init, worker_ready, worker_shutdown
from sqlalchemy.exc import OperationalError as DatabaseError

from app import housekeeping, jobs, workers
from app.processes import die_with_parent
from worker import heartbeat, tasks
from worker.warm import warm_up

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5  # between two looks for processes that died
DIED = "The process working on this ended unexpectedly (it may have run out of memory)."


class Housekeeping(bootsteps.StartStopStep):
    """Runs sign, recover and tidy from the worker's own timer, in its main thread: no fork meets a busy thread."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def start(self, worker: Any) -> None:
        settings = tasks.settings
        # Celery ends the worker when a process dies while the others start; here it is replaced as at any other time.
        worker.pool.did_start_ok = lambda: True
        self.timers = [
            worker.timer.call_repeatedly(workers.BEAT_SECONDS, _sign, (worker,)),
            worker.timer.call_repeatedly(settings.recover_seconds, _recover),
            worker.timer.call_repeatedly(housekeeping.TIDY_SECONDS, _tidy),
            # The pool itself looks for dead processes only every five seconds once a process was replaced.
            worker.timer.call_repeatedly(LOOK_SECONDS, worker.pool.maintain_pool),
        ]

    def stop(self, worker: Any) -> None:
        for timer in getattr(self, "timers", []):
            timer.cancel()


tasks.celery.steps["worker"].add(Housekeeping)


def _queues(worker: Any) -> list[str]:
    return sorted(worker.app.amqp.queues.consume_from)


def _sign(worker: Any) -> None:
    try:
        workers.sign(tasks.context(), worker.hostname, _queues(worker), worker.concurrency)
    except DatabaseError as error:
        log.warning("no sign of life: %s", error)
    finally:
        _close_connections()


def _recover() -> None:
    housekeeping.recover(tasks.context())
    _close_connections()


def _tidy() -> None:
    housekeeping.tidy(tasks.context())
    _close_connections()


def _close_connections() -> None:
    # The main process forks whenever a child must be replaced; no open connection may be copied then.
    tasks.context().engine.dispose()


@setup_logging.connect
def _log_plainly(**_: Any) -> None:
    logging.basicConfig(level=tasks.settings.log_level, format="%(asctime)s worker %(levelname)s %(name)s: %(message)s")
    # Celery tells of every message, and FAISS of each kind of processor it tried; the job's own lines say more.
    for name in ("celery.worker.strategy", "celery.app.trace", "faiss.loader"):
        logging.getLogger(name).setLevel(logging.WARNING)


@worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    _sign(sender.controller if hasattr(sender, "controller") else sender)
    _recover()
    _tidy()


@worker_shutdown.connect
def _shutdown(sender: Any, **_: Any) -> None:
    try:
        workers.sign_off(tasks.context(), sender.hostname)
    except DatabaseError as error:
        log.warning("not signed off: %s", error)


@worker_process_init.connect
def _child(**_: Any) -> None:
    """In a new pool process: end with the parent, open connections of our own, load what every call needs."""
    die_with_parent()
    tasks.forget_context()
    # A solo pool (Windows) sends this signal from the worker's only process, which nobody would replace.
    heartbeat.expendable = current_process().daemon
    tasks.settings.tell_models()
    warm_up(os.environ.get("WORKER_QUEUE", ""), tasks.settings.device)


@task_failure.connect
def _process_died(task_id: str, exception: BaseException, args: Any, **_: Any) -> None:
    if isinstance(exception, WorkerLostError) and args:
        jobs.fail_lost(tasks.context(), args[0], task_id, DIED)
        _close_connections()
