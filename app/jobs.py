"""The whole life of a job. No other module changes a job's state.

    queued -> running -> done | failed | cancelled

The table is the truth and the broker only a doorbell. Each move is one UPDATE with its guard in the WHERE clause,
so of two processes that try the same move exactly one succeeds, on any database. A running job belongs to whoever
holds its lease; a lease that is not renewed in time lapses and the job may be claimed again.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import queue
from app.context import Context
from app.errors import Conflict, InputError, NotFound, Unavailable
from app.settings import VERSION
from app.tables import Job, Track

log = logging.getLogger(__name__)

FINAL = ("done", "failed", "cancelled")
STATES = ("queued", "running", *FINAL)
OUR_FAULT = "Something went wrong on our side; the worker's log has the details."
NO_WORKER = "No worker is running, so nothing is working on this yet."


def submit(
    context: Context,
    kind: str,
    params: dict[str, Any],
    *,
    queue_name: str,
    seed: int | None = None,
    idempotency_key: str | None = None,
) -> Job:
    """Write the job down, commit, then ring. The same ``idempotency_key`` gives the same job back.

    Raises InputError when the key was used for a different request, Unavailable when the broker is down
    (the job is then taken back, so that a client may simply try again).
    """
    job = Job(
        kind=kind,
        queue=queue_name,
        params=params,
        seed=seed,
        software=VERSION,
        source=(params.get("source") or {}).get("content"),
        idempotency_key=idempotency_key,
    )
    try:
        with context.writes.begin() as session:
            session.add(job)
    except IntegrityError:
        return _same_submission(context, job)
    try:
        queue.ring(context.celery, job.id, queue_name)
    except (BrokerError, OSError) as error:
        with context.writes.begin() as session:
            taken_back = session.execute(delete(Job).where(Job.id == job.id, Job.state == "queued"))
        if taken_back.rowcount:  # type: ignore[attr-defined]
            raise Unavailable("The task broker does not answer just now. Please try again in a moment.") from error
    return job


def _same_submission(context: Context, job: Job) -> Job:
    with context.reads() as session:
        first = session.scalar(select(Job).where(Job.idempotency_key == job.idempotency_key))
    if first is None:
        raise Conflict("Another request with this Idempotency-Key has just been taken back; please try again.")
    if first.kind != job.kind or _request(first) != _request(job):
        raise InputError("This Idempotency-Key was used for a different request.", field="Idempotency-Key")
    return first


def _request(job: Job) -> dict[str, Any]:
    # A seed that the server drew, or the id it gave to an upload, does not make a request different.
    ignored = {"seed", "track_id"} if job.params.get("seed_chosen") else {"track_id"}
    return {name: value for name, value in job.params.items() if name not in ignored}


def claim(context: Context, job_id: str, owner: str) -> Job | None:
    """Take a job for ``owner`` if it waits or its lease has lapsed; None when it is not to be had."""
    now = time.time()
    with context.writes.begin() as session:
        mine = session.execute(
            update(Job)
            .where(Job.id == job_id, _claimable(now), Job.attempts < context.settings.max_attempts)
            .values(
                state="running",
                stage="starting",
                progress=0.0,
                attempts=Job.attempts + 1,
                lease_owner=owner,
                lease_until=now + context.settings.lease_seconds,
                started=func.coalesce(Job.started, now),
            )
        )
        return session.get(Job, job_id) if _one(mine) else None


def _claimable(now: float) -> Any:
    return or_(Job.state == "queued", and_(Job.state == "running", Job.lease_until < now))


def renew(context: Context, job_id: str, owner: str, progress: float, stage: str) -> bool:
    """Keep the lease and report progress (0-1). False: the job was cancelled or now belongs to another."""
    with context.writes.begin() as session:
        return _one(
            session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state == "running", Job.lease_owner == owner)
                .values(
                    progress=progress,
                    stage=stage[:200],
                    lease_until=time.time() + context.settings.lease_seconds,
                )
            )
        )


def finish(
    context: Context,
    job_id: str,
    owner: str,
    result: dict[str, Any],
    *,
    checkpoint: str | None = None,
    write: Callable[[Session], None] = lambda session: None,
) -> bool:
    """Move a job to done, with what ``write`` stores in the same transaction. False: it was not ours any more."""
    with context.writes.begin() as session:
        mine = _one(
            session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state == "running", Job.lease_owner == owner)
                .values(
                    state="done",
                    stage="done",
                    progress=1.0,
                    result=result,
                    checkpoint=checkpoint,
                    finished=time.time(),
                    lease_owner=None,
                    lease_until=None,
                )
            )
        )
        if mine:
            write(session)
        return mine


def fail(context: Context, job_id: str, owner: str, message: str) -> bool:
    """Move ``owner``'s running job to failed with a plain message. False: it was not ours any more."""
    with context.writes.begin() as session:
        return _one(
            session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state == "running", Job.lease_owner == owner)
                .values(_ended("failed", message))
            )
        )


def fail_lost(context: Context, job_id: str, message_id: str, message: str) -> bool:
    """Fail the job whose process died while working on the broker's message ``message_id``.

    An owner's name begins with the id of its message; the process itself can no longer speak for the job.
    """
    with context.writes.begin() as session:
        return _one(
            session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state == "running", Job.lease_owner.startswith(f"{message_id}/"))
                .values(_ended("failed", message))
            )
        )


def cancel(context: Context, job_id: str) -> Job:
    """Cancel a waiting or running job at once; its worker notices at the next heartbeat.

    Cancelling a cancelled job is no error. Raises NotFound, and Conflict for a job that is done or failed.
    """
    with context.writes.begin() as session:
        session.execute(
            update(Job).where(Job.id == job_id, Job.state.in_(("queued", "running"))).values(_ended("cancelled", None))
        )
        job = session.get(Job, job_id)
        if job is None:
            raise NotFound(f"There is no job {job_id}.")
        if job.state != "cancelled":
            raise Conflict(f"The job is {job.state} and cannot be cancelled.")
        return job


def _ended(state: str, error: str | None) -> dict[str, Any]:
    return {
        "state": state,
        "stage": state,
        "error": error,
        "finished": time.time(),
        "lease_owner": None,
        "lease_until": None,
    }


def ring_unfinished(context: Context) -> int:
    """Find what got lost: ring jobs that no message speaks of, give up those that were tried too often.

    Returns how many were rung. Messages in the broker are counted first, so a long queue is not rung twice over.
    """
    now = time.time()
    rung = 0
    with context.writes.begin() as session:
        session.execute(
            update(Job)
            .where(_claimable(now), Job.attempts >= context.settings.max_attempts)
            .values(_ended("failed", f"Given up after {context.settings.max_attempts} attempts that ended early."))
        )
    for name in queue.QUEUES:
        with context.reads() as session:
            waiting = session.scalars(
                select(Job.id).where(Job.queue == name, _claimable(now)).order_by(Job.created, Job.id)
            ).all()
        if len(waiting) > queue.depth(context.celery, name):
            for job_id in waiting:
                queue.ring(context.celery, job_id, name)
            rung += len(waiting)
    if rung:
        log.info("rang %d unfinished jobs", rung)
    return rung


def get(context: Context, job_id: str) -> Job:
    """Raises NotFound."""
    with context.reads() as session:
        job = session.get(Job, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id[:80]}.")
    return job


def positions(session: Session, jobs: Sequence[Job]) -> dict[str, int]:
    """For each waiting job among ``jobs``, its place in its queue: 1 is next."""
    return {job.id: 1 + _ahead(session, job) for job in jobs if job.state == "queued"}


def _ahead(session: Session, job: Job) -> int:
    earlier = or_(Job.created < job.created, and_(Job.created == job.created, Job.id < job.id))
    query = select(func.count()).where(Job.state == "queued", Job.queue == job.queue, earlier)
    return session.scalar(query) or 0


def listed(
    context: Context, *, state: str | None, kind: str | None, page: int, page_size: int
) -> tuple[list[Job], dict[str, int], int]:
    """One page of jobs, newest first; the waiting ones' places; how many there are in all."""
    query = select(Job)
    if state:
        query = query.where(Job.state == state)
    if kind:
        query = query.where(Job.kind == kind)
    with context.reads() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(
            query.order_by(Job.created.desc(), Job.id.desc()).offset((page - 1) * page_size).limit(page_size)
        ).all()
        return list(rows), positions(session, rows), total


def in_use(session: Session, track_id: str) -> bool:
    """Whether an unfinished job still needs this track as its input."""
    unfinished = session.scalars(select(Job.params).where(Job.state.in_(("queued", "running"))))
    return any(params.get("track_id") == track_id for params in unfinished)


def old_queries(session: Session, older_than: float) -> list[str]:
    """Tracks that were only sent for analysis, longer than ``older_than`` seconds ago, and are no longer needed."""
    limit = time.time() - older_than
    ids = session.scalars(select(Track.id).where(Track.kept.is_(False), Track.created < limit)).all()
    return [track_id for track_id in ids if not in_use(session, track_id)]


def _one(result: Any) -> bool:
    return bool(result.rowcount == 1)
