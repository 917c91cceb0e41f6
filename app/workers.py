"""Which workers are alive, by their own signs of life in the database."""

import time

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.context import Context
from app.tables import Worker

BEAT_SECONDS = 3.0  # how often a worker's main process signs
ALIVE_SECONDS = 15.0  # silent for longer: counts as dead
FORGET_SECONDS = 3600.0  # dead for longer: its row is removed


def sign(context: Context, name: str, queues: list[str], processes: int) -> None:
    """Write a sign of life."""
    now = time.time()
    with context.writes.begin() as session:
        row = session.get(Worker, name)
        if row is None:
            session.add(Worker(name=name, queues=",".join(queues), processes=processes, started=now, seen=now))
        else:
            row.seen = now
        session.execute(delete(Worker).where(Worker.seen < now - FORGET_SECONDS))


def sign_off(context: Context, name: str) -> None:
    """Remove a worker that ends in order."""
    with context.writes.begin() as session:
        session.execute(delete(Worker).where(Worker.name == name))


def alive(session: Session) -> list[Worker]:
    """The workers that signed lately."""
    return list(session.scalars(select(Worker).where(Worker.seen > time.time() - ALIVE_SECONDS)))


def served_queues(session: Session) -> set[str]:
    """The queues some living worker takes jobs from."""
    return {queue for worker in alive(session) for queue in worker.queues.split(",")}
