"""Scores from outside: MIDI files that were sent, kept for a while as scores that tracks may be made from."""

import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app import library, scores, uploads
from app.context import Context
from app.errors import InputError, NotFound
from app.tables import Score as Row
from models.composer.bars import bar_count
from models.composer.midi import MAX_BYTES, from_midi
from models.spec import BadInput, Score

MAX_TITLE = 200  # characters of a file's name that become the title


def receive(context: Context, upload: FileStorage) -> Row:
    """Read a MIDI file and store its score. Raises TooLarge, and InputError with the reason when it cannot be read."""
    with tempfile.TemporaryDirectory(dir=context.settings.scratch_dir) as folder:
        sent = Path(folder) / "sent.mid"
        uploads.copy_limited(upload.stream, sent, MAX_BYTES)
        score = _read(sent.read_bytes(), uploads.title_from(upload.filename or "")[:MAX_TITLE])
        path = Path(folder) / scores.SCORE
        path.write_text(scores.dump(score))
        stored = context.storage.put(path, "json")
    row = Row(title=score.title, content=stored.key, size=stored.size, facts=facts(score))
    with context.writes.begin() as session:
        session.add(row)
    return row


def _read(data: bytes, title: str) -> Score:
    try:
        return from_midi(data, title=title)
    except BadInput as error:
        raise InputError(str(error), field="file") from error


def facts(score: Score) -> dict[str, Any]:
    """What is told of a score. ``bars`` is None, with the reason, where it cannot be gone on with."""
    try:
        bars, notice = bar_count(score), None
    except BadInput as error:
        bars, notice = None, str(error)
    return {
        "tempo": score.tempo,
        "key": score.key,
        "metre": list(score.metre),
        "bars": bars,
        "length": score.length,
        "notice": notice,
        "parts": [
            {"name": part.name, "role": part.role, "instrument": part.instrument, "notes": len(part.notes)}
            for part in score.parts
        ],
    }


def get(context: Context, score_id: str) -> Row:
    """Raises NotFound."""
    with context.reads() as session:
        row = session.get(Row, score_id)
    if row is None:
        raise NotFound(f"There is no score {score_id[:80]}.")
    return row


def delete(context: Context, score_id: str) -> None:
    """Forget a score. What jobs go on from stays stored for them. Raises NotFound."""
    with context.writes.begin() as session:
        row = session.get(Row, score_id)
        if row is None:
            raise NotFound(f"There is no score {score_id[:80]}.")
        key = row.content
        session.delete(row)
    library.forget_files(context, [key])


def sent_before(session: Session, moment: float) -> list[str]:
    """The ids of scores that were sent before ``moment``."""
    return list(session.scalars(select(Row.id).where(Row.created < moment)))
