"""``tunesmith import`` and ``tunesmith reindex``: the library from a shell."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.vocabulary import GENRES

if TYPE_CHECKING:
    from app.context import Context


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--genre", type=click.Choice(GENRES), help="Genre of all the files. Default: a folder's name where it is one."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file.")
def import_files(paths: tuple[Path, ...], genre: str | None, as_json: bool) -> None:
    """Add files and whole folders to the library. Each file's outcome is printed; any failure gives status 1.

    Files whose bytes are in the library already are left alone, so a broken-off import is simply started again.
    """
    from app import imports, uploads
    from app.errors import TunesmithError
    from models.audio import audio_files

    counts = {"track": 0, "known": 0, "error": 0}
    found = [file for path in paths for file in audio_files(path)]
    with _opened() as context:
        for number, path in enumerate(found, start=1):
            folder = path.parent.name.lower()
            try:
                known = imports.known(context, path)
                if known is not None:
                    row = {"file": str(path), "known": known}
                else:
                    own = genre or (folder if folder in GENRES else None)
                    row = {
                        "file": str(path),
                        "track": uploads.add_file(context, path, path.name, kept=True, genre=own).id,
                    }
            except TunesmithError as error:
                row = {"file": str(path), "error": error.message}
            except OSError as error:
                row = {"file": str(path), "error": error.strerror or str(error)}
            (outcome,) = row.keys() - {"file"}
            counts[outcome] += 1
            said = {"track": "", "known": "in the library already, ", "error": ""}[outcome] + row[outcome]
            click.echo(json.dumps(row) if as_json else f"[{number}/{len(found)}] {path}: {said}")
    if not as_json:
        click.echo(f"{counts['track']} added, {counts['error']} refused, {counts['known']} were there already")
    if counts["error"] or not found:
        sys.exit(1)


@click.command()
@click.option("--map", "and_map", is_flag=True, help="Draw the map anew as well, where tracks have no place on it.")
def reindex(and_map: bool) -> None:
    """Build every index of similar sound anew from the database. Running servers take it up by themselves."""
    from app import atlas, shelf, study

    with _opened() as context:
        for name in study.ready("embedders"):
            start = time.perf_counter()
            with context.reads() as session:
                books = shelf.of(context, name)
                count, version = books.state(session).count, books.publish(session)
            click.echo(f"{name}: {count} tracks, version {version}, {time.perf_counter() - start:.1f} s")
        if and_map:
            click.echo(f"map: {atlas.lay_out(context)} tracks got a place")


@contextmanager
def _opened() -> "Iterator[Context]":
    from app import db
    from app.context import Context
    from app.settings import load

    settings = load()
    db.upgrade(settings.database_url)
    context = Context.open(settings)
    try:
        yield context
    finally:
        context.close()
