"""What web, workers and command line share: settings, database sessions, storage, queue."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from celery import Celery
from flask import current_app
from sqlalchemy import Engine

from app import db
from app.queue import make_celery
from app.settings import Settings
from app.storage import Storage

if TYPE_CHECKING:
    from app.shelf import Shelf


@dataclass(frozen=True)
class Context:
    """The open parts of one process. ``reads`` and ``writes`` are session factories."""

    settings: Settings
    engine: Engine
    reads: db.Sessions
    writes: db.Sessions
    storage: Storage
    celery: Celery
    shelves: "dict[str, Shelf]" = field(default_factory=dict)
    """What this process holds of the index of each embedder."""

    @classmethod
    def open(cls, settings: Settings, celery: Celery | None = None) -> Self:
        settings.tell_models()
        engine = db.make_engine(settings.database_url)
        return cls(
            settings=settings,
            engine=engine,
            reads=db.make_sessions(engine),
            writes=db.make_writing_sessions(engine),
            storage=Storage(settings.storage_url),
            celery=celery or make_celery(settings),
        )

    def close(self) -> None:
        self.engine.dispose()


def current() -> Context:
    """The context of the running Flask application."""
    context = current_app.extensions["tunesmith"]
    assert isinstance(context, Context)
    return context
