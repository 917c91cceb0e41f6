"""What may come in: a sound that is small enough, short enough and really decodes."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.context import Context
from app.errors import InputError, TooLarge
from app.tables import Track, TrackFile, new_id
from models import audio
from models.spec import BadInput

CHUNK = 1 << 20  # bytes copied at a time
ORIGINAL = "original"
MAX_WORD = 500  # characters of a title or an artist in a file's tags


def receive(context: Context, upload: FileStorage, *, kept: bool) -> Track:
    """Check an uploaded sound, store it, and write its track down.

    ``kept`` puts it into the library; otherwise it is forgotten after KEEP_QUERIES_HOURS. Raises InputError when
    it is not a sound, TooLarge when it is over MAX_UPLOAD_MB or MAX_SECONDS; nothing is left behind then.
    """
    with tempfile.TemporaryDirectory(dir=context.settings.scratch_dir) as folder:
        path = Path(folder) / "upload"
        copy_limited(upload.stream, path, context.settings.max_upload_bytes)
        return add_file(context, path, upload.filename or "", kept=kept)


def sent_file(value: object, field: str = "file") -> FileStorage | None:
    """The uploaded file of a form field, None when the field is absent. Raises InputError when it is plain text."""
    if value is None or isinstance(value, FileStorage):
        return value
    raise InputError(f"{field}: send it as a file, with a file name", field=field)


def add_file(
    context: Context,
    path: Path,
    filename: str,
    *,
    kept: bool,
    genre: str | None = None,
    beside: Callable[[Session, Track], None] = lambda session, track: None,
) -> Track:
    """Store a sound that lies on this machine; ``beside`` writes in the same transaction. Raises as `receive` does."""
    try:
        info = audio.probe(path, max_seconds=context.settings.max_seconds)
    except audio.TooLong as error:
        raise TooLarge(str(error), field="file") from error
    except BadInput as error:
        raise InputError(str(error), field="file") from error
    stored = context.storage.put(path, _suffix(info.format))
    words = _words_in(path)
    track = Track(
        id=new_id(),
        title=words.get("title") or title_from(filename),
        artist=words.get("artist") or words.get("album_artist"),
        origin="uploaded",
        kept=kept,
        genre=genre,
        length=info.seconds,
        sample_rate=info.sample_rate,
        instruments=[],
        params={"filename": filename[:1000], "format": info.format, "channels": info.channels},
        analysis={},
        source_format=ORIGINAL,
        files=[TrackFile(name=ORIGINAL, key=stored.key, size=stored.size)],
    )
    with context.writes.begin() as session:
        session.add(track)
        beside(session, track)
    return track


def _words_in(path: Path) -> dict[str, str]:
    """Title, artist and so on as the file's own tags have them; some formats that can be read have none."""
    try:
        words = audio.read_tags(path)
    except BadInput:
        return {}
    return {name: " ".join(value.replace("\0", " ").split())[:MAX_WORD] for name, value in words.items()}


def copy_limited(source: IO[bytes], target: Path, limit: int) -> None:
    """Copy a stream to a file. Raises TooLarge past ``limit`` bytes, InputError when there are none."""
    size = 0
    with target.open("wb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"The file is larger than {limit / 1e6:g} MB.", field="file")
            file.write(chunk)
    if size == 0:
        raise InputError("The file is empty.", field="file")


def title_from(filename: str) -> str:
    """A title from a file name that may come from any system, with its folders and extension taken off."""
    name = PureWindowsPath(PurePosixPath(filename).name).name
    return PurePosixPath(name).stem.strip() or "Untitled"


def _suffix(format_name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", format_name.lower())[:8] or "bin"
