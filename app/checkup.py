"""What `tunesmith doctor` looks at."""

import platform
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import db
from app.settings import LOW_DISK, VERSION, Settings, load
from app.storage import Storage
from models import registry

Finding = dict[str, str]


def findings() -> list[Finding]:
    """Each part with its state: ``ok``, ``note`` (something optional is absent) or ``bad``."""
    settings = load()
    settings.tell_models()
    rows = [_ok("Tunesmith", f"{VERSION} on Python {platform.python_version()}, {platform.system()}")]
    rows += [_database(settings), _storage(settings), _disk(settings)]
    for kind in registry.KINDS:
        for spec in registry.specs(kind):
            reason = registry.not_ready(spec)
            name = f"{kind[:-1]} {spec.name}"
            rows.append(_ok(name, "ready") if reason is None else {"what": name, "state": "note", "detail": reason})
    return rows


def _ok(what: str, detail: str) -> Finding:
    return {"what": what, "state": "ok", "detail": detail}


def _bad(what: str, detail: str) -> Finding:
    return {"what": what, "state": "bad", "detail": detail}


def _database(settings: Settings) -> Finding:
    try:
        db.upgrade(settings.database_url)
        engine = db.make_engine(settings.database_url)
        with engine.connect() as connection:
            jobs = connection.execute(text("SELECT count(*) FROM jobs")).scalar_one()
        engine.dispose()
    except SQLAlchemyError as error:
        return _bad("database", str(error).splitlines()[0])
    return _ok("database", f"{engine.dialect.name}, {jobs} jobs")


def _storage(settings: Settings) -> Finding:
    try:
        storage = Storage(settings.storage_url)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "probe"
            path.write_bytes(b"tunesmith doctor")
            stored = storage.put(path, "probe")
        storage.delete(stored.key)
    except (OSError, ImportError, ValueError) as error:
        return _bad("storage", f"{settings.storage_url}: {error}")
    return _ok("storage", settings.storage_url)


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.var_dir).free
    return (_ok if free > LOW_DISK else _bad)("disk", f"{free / 1e9:.1f} GB free in {settings.var_dir}")
