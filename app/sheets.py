"""Analyses of many files as a table: CSV and JSON files that are valid after every row, and can be gone on with."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from models.files import replacing

Row = dict[str, Any]

TOP = 5  # labels of a task in which several may be true
SEVERAL = frozenset({"tags", "qualities"})  # tasks in which several labels may be true at once
ENDING = b"\n]\n"  # of a JSON array
_ENCODING: Any = {"encoding": "utf-8", "errors": "surrogateescape"}  # file names are bytes on Linux


def columns(tasks: Sequence[str]) -> list[str]:
    """The CSV columns for some tasks, always in the same order."""
    named: list[str] = []
    for task in tasks:
        match task:
            case "tempo":
                named += ["tempo", "tempo_confidence", "tempo_alternatives"]
            case "key":
                named += ["key", "key_confidence"]
            case _ if task in SEVERAL:
                named += [task]
            case _:
                named += [task, f"{task}_probability"]
    return ["path", "seconds", *named, "notices", "tags_written", "elapsed_ms", "error"]


def flat(row: Row, tasks: Sequence[str]) -> dict[str, str]:
    """A row as texts by column; what is not there is empty."""
    cells: dict[str, Any] = {name: row.get(name) for name in ("path", "seconds", "elapsed_ms", "error")}
    cells["notices"] = " ".join(row.get("notices", []))
    cells["tags_written"] = row.get("tags_written")
    for task in tasks if not row.get("error") else ():
        cells |= _cells(task, row[task])
    return {name: _text(cells.get(name)) for name in columns(tasks)}


def _cells(task: str, found: Any) -> dict[str, Any]:
    if task == "tempo":
        others = [reading["bpm"] for reading in found.get("alternatives", [])]
        return {
            "tempo": found.get("bpm"),
            "tempo_confidence": found.get("confidence"),
            "tempo_alternatives": "; ".join(map(_text, others)),
        }
    if task == "key":
        name = f"{found['tonic']} {found['mode']}" if found.get("tonic") else None
        return {"key": name, "key_confidence": found.get("confidence")}
    if not isinstance(found, list) or not found:
        return {}
    if task in SEVERAL:
        return {task: "; ".join(f"{label['label']} {label['probability']:.2f}" for label in found[:TOP])}
    return {task: found[0]["label"], f"{task}_probability": found[0]["probability"]}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if value < 1 else f"{value:.6g}"
    return "" if value is None else str(value)


class Sheet(Protocol):
    """Takes rows one after the other; what was written is valid at any time."""

    def add(self, row: Row) -> None: ...

    def close(self) -> None: ...


class CsvSheet:
    """One line a file, with a header unless the stream goes on with a table."""

    def __init__(self, stream: IO[str], tasks: Sequence[str], header: bool = True) -> None:
        self._stream, self._tasks = stream, tasks
        self._writer = csv.DictWriter(stream, columns(tasks), lineterminator="\n")
        if header:
            self._writer.writeheader()

    def add(self, row: Row) -> None:
        self._writer.writerow(flat(row, self._tasks))
        self._stream.flush()

    def add_flat(self, cells: dict[str, str]) -> None:
        """A row as an earlier run wrote it."""
        self._writer.writerow(cells)

    def close(self) -> None:
        _close(self._stream)


class LinesSheet:
    """JSON Lines: one object a line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def add(self, row: Row) -> None:
        self._stream.write(json.dumps(row) + "\n")
        self._stream.flush()

    def close(self) -> None:
        _close(self._stream)


class ArraySheet:
    """One JSON array in a file opened for reading and writing. Its end follows every row; the next overwrites it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._first = file.seek(0, os.SEEK_END) <= len(b"[" + ENDING)
        if self._first:
            file.seek(0)
            file.write(b"[" + ENDING)
            file.flush()

    def add(self, row: Row) -> None:
        self._file.seek(-len(ENDING), os.SEEK_END)
        self._file.write((b"\n" if self._first else b",\n") + json.dumps(row).encode() + ENDING)
        self._file.flush()
        self._first = False

    def close(self) -> None:
        self._file.close()


def _close(stream: IO[str]) -> None:
    if stream is not sys.stdout:
        stream.close()


def csv_sheet(where: str, tasks: Sequence[str], kept: Iterable[dict[str, str]] = ()) -> CsvSheet:
    """A CSV file, or standard output for ``-``; ``kept`` rows of an earlier run come first."""
    if where == "-":
        return CsvSheet(sys.stdout, tasks)
    with replacing(Path(where)) as part, part.open("w", newline="", **_ENCODING) as stream:
        begun = CsvSheet(stream, tasks)
        for cells in kept:
            begun.add_flat(cells)
    return CsvSheet(Path(where).open("a", newline="", **_ENCODING), tasks, header=False)


def json_sheet(where: str, kept: Iterable[Row] = ()) -> Sheet:
    """An array in a ``.json`` file; JSON Lines in any other, and on standard output for ``-``."""
    if where == "-":
        return LinesSheet(sys.stdout)
    path, array = Path(where), Path(where).suffix.lower() == ".json"
    with replacing(path) as part:
        begun: Sheet = ArraySheet(part.open("w+b")) if array else LinesSheet(part.open("w", encoding="utf-8"))
        for row in kept:
            begun.add(row)
        begun.close()
    return ArraySheet(path.open("r+b")) if array else LinesSheet(path.open("a", encoding="utf-8"))


class OtherColumns(ValueError):
    """The table that should be gone on with has other columns."""


def read_csv(path: Path, tasks: Sequence[str]) -> dict[str, dict[str, str]]:
    """The good rows of an earlier run by path. A last row that was cut off is left out. Raises OtherColumns."""
    text = path.read_text(**_ENCODING)
    if not text:
        return {}
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if list(reader.fieldnames or []) != columns(tasks):
        raise OtherColumns(f"{path} has other columns than this run would write; ask for the same tasks")
    # The last column is always there in a whole row, so one that was cut off lacks columns.
    whole = [row for row in reader if None not in row and None not in row.values()]
    return {row["path"]: row for row in whole if not row["error"]}


def read_json(path: Path, tasks: Sequence[str]) -> dict[str, Row]:
    """The good rows of an earlier run by path, if they answer all the tasks."""
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() == ".json":
        try:
            rows = json.loads(text or "[]")
        except json.JSONDecodeError as error:
            raise OtherColumns(f"{path} is not a JSON array: {error}") from error
    else:
        # Only the last line can be incomplete.
        whole = text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]
        rows = [json.loads(line) for line in whole]
    good = [row for row in rows if not row.get("error") and all(task in row for task in tasks)]
    return {row["path"]: row for row in good}
