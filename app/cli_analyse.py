"""``tunesmith analyse``: whole folders of sound into a table, and into the files' own tags."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from app.sheets import Row, Sheet


class ProgressBar:
    """A progress bar on a terminal; silent elsewhere."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def show(self, fraction: float, stage: str) -> None:
        if self.shown:
            filled = round(30 * fraction)
            click.echo(f"\r\033[K[{'#' * filled}{'.' * (30 - filled)}] {fraction:4.0%} {stage}", nl=False, err=True)

    def close(self) -> None:
        if self.shown:
            click.echo("\r\033[K", nl=False, err=True)


class Interrupt:
    """Ctrl-C, remembered until `check` is called; a second one is raised at once.

    Raised wherever Python happens to be, it would now and then be lost: a decoder in C calls Python to read a file, and
    what is raised there never arrives.
    """

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> "Interrupt":
        self._before = signal.getsignal(signal.SIGINT)
        if self._before != signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """Raises KeyboardInterrupt if there was one."""
        if self._asked:
            raise KeyboardInterrupt

    def _remember(self, *_: object) -> None:
        self._asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--task", "tasks", multiple=True, help="For example genre or tempo; may be repeated. Default: all.")
@click.option("--csv", "csv_path", help="Write one row a file here; '-' for standard output.")
@click.option("--json", "json_path", help="Write every detail: an array to NAME.json, else JSON Lines; '-' for stdout.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes at a time.")
@click.option("--resume", is_flag=True, help="Go on: files that the output has already are skipped, failed ones not.")
@click.option("--write-tags", is_flag=True, help="Write genre, BPM, key and mood into the files, without re-encoding.")
@click.option("--overwrite-tags", is_flag=True, help="With --write-tags: replace tags that are there already.")
@click.option(
    "--sure",
    type=click.FloatRange(0, 1),
    help="With --write-tags: probability from which a genre is written. Default: 0.5.",
)
def analyse(
    paths: tuple[Path, ...],
    tasks: tuple[str, ...],
    csv_path: str | None,
    json_path: str | None,
    jobs: int,
    resume: bool,
    write_tags: bool,
    overwrite_tags: bool,
    sure: float | None,
) -> None:
    """Analyse files and whole folders. Every file's outcome is told; any failure gives status 1."""
    from app import folder
    from app.errors import TunesmithError
    from app.services import checked_tasks
    from app.sheets import OtherColumns
    from models.audio import audio_files

    if csv_path == json_path == "-":
        raise click.UsageError("--csv and --json cannot both go to standard output")
    if resume and not {csv_path, json_path} - {None, "-"}:
        raise click.UsageError("--resume needs the file to go on with: --csv FILE or --json FILE")
    if (overwrite_tags or sure is not None) and not write_tags:
        raise click.UsageError("--overwrite-tags and --sure go with --write-tags")
    try:
        wanted = folder.Wanted(
            tuple(checked_tasks(list(tasks))), write_tags, overwrite_tags, folder.SURE if sure is None else sure
        )
    except TunesmithError as error:
        raise click.UsageError(error.message) from error
    found = list(dict.fromkeys(file for path in paths for file in audio_files(path)))
    if not found:
        raise click.ClickException("No sound files were found.")
    try:
        sheets, done = _sheets(csv_path, json_path, wanted.tasks, resume)
    except (OtherColumns, OSError) as error:
        raise click.UsageError(str(error)) from error
    report = _Report(found, done, wanted.tasks, readable=not sheets)
    try:
        with Interrupt() as interrupt:

            def within(fraction: float, stage: str) -> None:
                interrupt.check()
                report.within(fraction, stage)

            for row in folder.analyse_all(report.waiting, wanted, jobs, within):
                for sheet in sheets:
                    sheet.add(row)
                report.tell(row)
                interrupt.check()
    except KeyboardInterrupt:
        report.end("interrupted; --resume goes on")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    finally:
        for sheet in sheets:
            sheet.close()
    report.end()
    if report.failed:
        sys.exit(1)


def _sheets(
    csv_path: str | None, json_path: str | None, tasks: tuple[str, ...], resume: bool
) -> tuple[list[Sheet], set[str]]:
    """The open outputs, and the paths whose rows all of them have from an earlier run."""
    from app import sheets

    csv_rows: dict[str, dict[str, str]] = {}
    json_rows: dict[str, Row] = {}
    earlier: list[set[str]] = []
    if resume and csv_path not in (None, "-"):
        csv_rows = sheets.read_csv(Path(csv_path), tasks) if Path(csv_path).exists() else {}
        earlier.append(set(csv_rows))
    if resume and json_path not in (None, "-"):
        json_rows = sheets.read_json(Path(json_path), tasks) if Path(json_path).exists() else {}
        earlier.append(set(json_rows))
    done = set.intersection(*earlier) if earlier else set()
    opened: list[Sheet] = []
    if csv_path is not None:
        opened.append(sheets.csv_sheet(csv_path, tasks, [row for path, row in csv_rows.items() if path in done]))
    if json_path is not None:
        opened.append(sheets.json_sheet(json_path, [row for path, row in json_rows.items() if path in done]))
    return opened, done


class _Report:
    """Tells on standard error how it goes; without a table, the findings go to standard output."""

    def __init__(self, found: list[Path], done: set[str], tasks: tuple[str, ...], readable: bool) -> None:
        self.waiting = [path for path in found if str(path) not in done]
        self.skipped = len(found) - len(self.waiting)
        self.tasks, self.readable = tasks, readable
        self.heard = self.failed = 0
        self.start = time.monotonic()
        self.bar = ProgressBar()

    def within(self, fraction: float, stage: str) -> None:
        name = _printable(self.waiting[self.heard + self.failed].name)[:40]
        self.bar.show((self.heard + self.failed + fraction) / len(self.waiting), f"{name}: {stage}")

    def tell(self, row: Row) -> None:
        self.bar.close()
        failed = bool(row.get("error"))
        self.failed += failed
        self.heard += not failed
        number = self.heard + self.failed
        outcome = f"FAILED: {row['error']}" if failed else _brief(row, self.tasks)
        if self.readable and not failed:
            click.echo(readable(_printable(row["path"]), row, self.tasks))
        else:
            click.echo(f"[{number}/{len(self.waiting)}] {_printable(row['path'])}: {outcome}", err=True)
        if number < len(self.waiting):
            left = (time.monotonic() - self.start) / number * (len(self.waiting) - number)
            self.bar.show(number / len(self.waiting), f"{number} of {len(self.waiting)}, about {_clock(left)} left")

    def end(self, words: str = "") -> None:
        self.bar.close()
        parts = [f"{self.heard} analysed", f"{self.failed} failed"]
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        click.echo(", ".join(parts) + (f" ({words})" if words else ""), err=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _printable(name: str) -> str:
    """A file name for the screen; bytes that are no text become question marks."""
    return name.encode("utf-8", errors="replace").decode()


def _brief(row: Row, tasks: tuple[str, ...]) -> str:
    from app.sheets import SEVERAL, flat

    cells = flat(row, tasks)
    words = [f"{cells['tempo']} BPM" if task == "tempo" and cells["tempo"] else cells[task]
             for task in tasks if task not in SEVERAL and cells[task]]  # fmt: skip
    if row.get("tags_written"):
        words.append(f"wrote {row['tags_written']}")
    return ", ".join([*words, *row["notices"]]) or "nothing was recognised"


def readable(name: str, answer: dict[str, Any], tasks: tuple[str, ...] | list[str], top: int = 5) -> str:
    """An answer as a few lines of text."""
    lines = [name]
    for task in tasks:
        found = answer[task]
        if isinstance(found, list):
            best = ", ".join(f"{row['label']} {row['probability']:.0%}" for row in found[:top])
        else:
            best = _facts(task, found)
        lines.append(f"  {task:9} {best}")
    if answer.get("tags_written"):
        lines.append(f"  {'wrote':9} {answer['tags_written']}")
    lines += [f"  {'note':9} {notice}" for notice in answer["notices"]]
    return "\n".join(lines)


def _facts(task: str, found: dict[str, Any]) -> str:
    """Tempo or key in words, with what else it could be."""
    if task == "tempo" and found.get("bpm"):
        others = " or ".join(f"{reading['bpm']:.0f}" for reading in found.get("alternatives", [])[:2])
        return f"{found['bpm']:.1f} BPM ({found['confidence']:.0%})" + (f", could be {others}" if others else "")
    if task == "key" and found.get("tonic"):
        return f"{found['tonic']} {found['mode']} ({found['confidence']:.0%})"
    if task in ("tempo", "key"):
        return "none found"
    return ", ".join(f"{name} {value}" for name, value in found.items())
