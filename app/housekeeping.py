"""What workers do beside jobs: recover what got lost, and remove what nobody needs any more."""

import logging
import shutil
import time

from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy.exc import OperationalError as DatabaseError

from app import jobs, library, midi_files, study
from app.context import Context
from app.errors import TunesmithError

log = logging.getLogger(__name__)

SAFE_AGE = 3600.0  # seconds; younger files may belong to a transaction that is not over yet
TIDY_SECONDS = 3600.0  # how often tidy() runs


def recover(context: Context) -> None:
    """Ring unfinished jobs. A database or broker that is down just now is no reason to stop: the next round comes."""
    try:
        jobs.ring_unfinished(context)
        study.order_if_possible(context)
    except (BrokerError, DatabaseError, OSError) as error:
        log.warning("recovery put off: %s", error)


def tidy(context: Context) -> None:
    """Delete sounds that were only analysed and scores that were sent, when they have aged; stored files that no row
    refers to; and scratch left by kills."""
    try:
        with context.reads() as session:
            old = jobs.old_queries(session, context.settings.keep_queries_hours * 3600)
        for track_id in old:
            _forget(context, track_id)
        with context.reads() as session:
            sent = midi_files.sent_before(session, time.time() - context.settings.keep_queries_hours * 3600)
        for score_id in sent:
            midi_files.delete(context, score_id)
        with context.reads() as session:
            referenced = library.referenced(session)
        removed = context.storage.sweep(referenced, older_than=SAFE_AGE)
        if removed:
            log.info("removed %d stored files that nothing refers to", len(removed))
        for path in context.settings.scratch_dir.iterdir():
            if path.stat().st_mtime < time.time() - SAFE_AGE:
                shutil.rmtree(path, ignore_errors=True)
    except (DatabaseError, OSError) as error:
        log.warning("tidying put off: %s", error)


def _forget(context: Context, track_id: str) -> None:
    try:
        library.delete(context, track_id)
    except TunesmithError as error:
        log.info("kept %s: %s", track_id, error)
