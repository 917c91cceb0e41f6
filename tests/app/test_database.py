"""Migrations give exactly the tables, on every database; imports stay light."""

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.db import make_engine
from app.settings import ROOT
from app.tables import Table


def test_the_schema_of_the_migrations_is_the_schema_of_the_tables(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        migrations = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(migrations, Table.metadata) == []
    engine.dispose()


def test_migrations_are_numbered_in_one_line() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == [f"{number:04d}" for number in range(len(revisions), 0, -1)]
    assert len(scripts.get_heads()) == 1


def test_the_web_process_loads_no_heavy_library() -> None:
    code = (
        "import sys, app.web, app.server, app.launch, app.cli; from app.api import blueprints; blueprints(); "
        "print([m for m in ('torch', 'torchaudio', 'librosa', 'faiss', 'sklearn', 'numba') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
