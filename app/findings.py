"""An analysis as the page shows it: groups of bars, and lanes of what is heard when on one time axis."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.accuracy import sentence
from app.sheets import SEVERAL
from models import registry
from models.vocabulary import GENRES

NOTE_TASKS = ("source", "family", "qualities")
"""Tasks whose models were taught single notes; they are shown together, with what that means."""
NOTE_SECONDS = 6.0  # what is no longer may well be a single note, so that is told first
OWN_SHAPE = ("tempo", "key")
HEADLINE = "genre"
HEARD = 0.5  # probability from which a label of several is said to be there
BARS = {"tags": 10}
MOST_BARS = 5
HEAT_LABELS, HEAT_NOTES = 8, 4  # rows for a task in which several labels may be true; of a model that knows notes
FAINT = 0.02  # where no label of a task ever gets above it, there is nothing to draw
MOST_WINDOWS, MOST_TABLE_ROWS = 150, 40  # more windows than that are joined for the picture, and for the table
TABLE_LABELS = 3
HUES = 12  # colours of bands in the style sheet
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)  # seconds between two marks of the time axis
MOST_MARKS = 8
WORTH_NAMING = 0.01  # confidence from which another key is named
EVEN = 1e-6  # a spread of probabilities below which a model has not told its labels apart
RATIOS = (
    (1 / 3, "a third of it"), (0.5, "half of it"), (2 / 3, "two thirds of it"),
    (1.5, "one and a half times"), (2.0, "double"), (3.0, "three times"),
)  # fmt: skip
RATIO_TOLERANCE = 0.03

Labels = list[dict[str, Any]]


@dataclass(frozen=True)
class Group:
    """The classes of one task. ``chosen`` are those said to be there, for tasks in which several may be."""

    task: str
    title: str
    accuracy: str | None
    notice: str | None
    labels: Labels
    bars: int
    several: bool
    chosen: Labels
    even: bool


@dataclass(frozen=True)
class Band:
    """A stretch of the time axis: ``left`` and ``width`` in percent of it. ``share`` is a probability."""

    start: float
    end: float
    left: float
    width: float
    label: str
    share: float
    hue: int | None


@dataclass(frozen=True)
class Lane:
    """One row of the picture: coloured stretches, or how strongly one label is heard (``heat``)."""

    task: str
    title: str
    heat: bool
    bands: list[Band]
    legend: list[tuple[str, int]]


@dataclass(frozen=True)
class Findings:
    """All that the page shows of one analysis."""

    seconds: float
    notices: list[str]
    headline: Group | None
    groups: list[Group]
    notes: list[Group]
    notes_notices: list[str]
    notes_first: bool
    tempo: dict[str, Any] | None
    key: dict[str, Any] | None
    lanes: list[Lane]
    table: list[dict[str, Any]]
    columns: list[str]
    marks: list[tuple[float, str]]
    summary: str


def of(result: Mapping[str, Any]) -> Findings:
    """The view of a classify job's result, whichever tasks it has."""
    # By shape, not by what is installed now: a result may be older than that.
    groups = {task: _group(task, result) for task, found in result.items() if _is_classes(found)}
    tasks = [*groups, *(task for task in OWN_SHAPE if task in result)]
    seconds = _seconds(result)
    windows = {task: list(_windows(task, result)) for task in tasks}
    windows = {task: found for task, found in windows.items() if len(found) > 1}
    lanes = [lane for task in _lane_order(windows) for lane in _lanes(task, windows[task], result, seconds)]
    about_notes = [group.notice for task, group in groups.items() if task in NOTE_TASKS and group.notice]
    # What concerns the whole recording stands first; what only one section is about stands there.
    elsewhere = {words for task, words in result.get("task_notices", {}).items() if task != HEADLINE}
    elsewhere -= {result.get("task_notices", {}).get(HEADLINE)}
    return Findings(
        seconds=seconds,
        notices=[words for words in result.get("notices", []) if words not in elsewhere],
        headline=groups.get(HEADLINE),
        groups=[group for task, group in groups.items() if task not in (HEADLINE, *NOTE_TASKS)],
        notes=[groups[task] for task in NOTE_TASKS if task in groups],
        notes_notices=list(dict.fromkeys(about_notes)),
        notes_first=seconds <= NOTE_SECONDS,
        tempo=_tempo(result),
        key=_key(result),
        lanes=lanes,
        table=list(_table(windows, seconds)) if lanes else [],
        columns=_lane_order(windows),
        marks=_marks(seconds),
        summary=_summary(result, groups.get(HEADLINE)),
    )


def in_short(result: Mapping[str, Any]) -> str:
    """The genre and how sure it is, for a list of recordings; nothing where the genre is not to be trusted."""
    labels = result.get(HEADLINE)
    if not _is_classes(labels) or result.get("task_notices", {}).get(HEADLINE):
        return ""
    group = _group(HEADLINE, result)
    return "" if group.even else f"{group.labels[0]['label']} {100 * group.labels[0]['probability']:.0f} %"


def _is_classes(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and "probability" in found[0]


def _title(task: str) -> str:
    known = task in registry.names("classifiers")
    return registry.spec("classifiers", task).label if known else task.capitalize()


def _accuracy(task: str, result: Mapping[str, Any]) -> str | None:
    return sentence(result.get("figures", {}).get(task) or {})


def _group(task: str, result: Mapping[str, Any]) -> Group:
    labels: Labels = result[task]
    spread = labels[0]["probability"] - labels[-1]["probability"]
    return Group(
        task=task,
        title=_title(task),
        accuracy=_accuracy(task, result),
        notice=result.get("task_notices", {}).get(task),
        labels=labels,
        bars=BARS.get(task, MOST_BARS),
        several=task in SEVERAL,
        chosen=[label for label in labels if label["probability"] >= HEARD] if task in SEVERAL else labels[:1],
        even=spread < EVEN and len(labels) > 1,
    )


def _seconds(result: Mapping[str, Any]) -> float:
    """The length of the time axis: that of the track, whose picture lies on it."""
    track = result.get("track") or {}
    last = max((window["end"] for window in result.get("timeline", [])), default=0.0)
    return float(track.get("length") or result.get("seconds") or last)


def _tempo(result: Mapping[str, Any]) -> dict[str, Any] | None:
    found = result.get("tempo")
    if not isinstance(found, Mapping):
        return None
    bpm = found.get("bpm")
    others = [
        {**other, "relation": _relation(other["bpm"] / bpm)} for other in found.get("alternatives", [])[:3] if bpm
    ]
    return {**found, "alternatives": others, **_beside("tempo", result)}


def _relation(ratio: float) -> str:
    """How another tempo relates to the one found, in words."""
    return next((words for value, words in RATIOS if abs(ratio / value - 1) < RATIO_TOLERANCE), "another pulse")


def _key(result: Mapping[str, Any]) -> dict[str, Any] | None:
    found = result.get("key")
    if not isinstance(found, Mapping):
        return None
    others = [other for other in found.get("alternatives", []) if other["confidence"] >= WORTH_NAMING]
    return {**found, "alternatives": others, **_beside("key", result)}


def _beside(task: str, result: Mapping[str, Any]) -> dict[str, str | None]:
    return {"accuracy": _accuracy(task, result), "notice": result.get("task_notices", {}).get(task)}


def _windows(task: str, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A task's windows in order, each ending where the next one begins: overlaps cannot be drawn."""
    found = sorted((w for w in result.get("timeline", []) if w["task"] == task), key=lambda w: float(w["start"]))
    for window, after in pairwise(found):
        yield {**window, "end": min(window["end"], after["start"])}
    yield from found[-1:]


def _lane_order(windows: Mapping[str, Any]) -> list[str]:
    """Genre, then what has one answer a window, then what has several."""
    return sorted(windows, key=lambda task: (task != HEADLINE, task in SEVERAL, task in NOTE_TASKS, task))


def condensed(windows: Sequence[Mapping[str, Any]], most: int) -> list[dict[str, Any]]:
    """Windows joined to no more than ``most``, with the mean probability of each label, best first."""
    step = -(-len(windows) // most)
    return [_joined(windows[i : i + step]) for i in range(0, len(windows), step)]


def _joined(part: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, float] = {}
    for window in part:
        for label in window["labels"]:
            total[label["label"]] = total.get(label["label"], 0.0) + label["probability"] / len(part)
    labels = [{"label": name, "probability": total[name]} for name in sorted(total, key=lambda name: -total[name])]
    return {"start": part[0]["start"], "end": part[-1]["end"], "labels": labels}


def _lanes(
    task: str, windows: Sequence[Mapping[str, Any]], result: Mapping[str, Any], seconds: float
) -> Iterator[Lane]:
    joined = condensed(windows, MOST_WINDOWS)
    if task not in SEVERAL:
        hues = _hues(task, joined)
        bands = list(_bands(joined, hues, seconds))
        legend = {band.label: band.hue for band in bands if band.hue is not None}
        yield Lane(task, _title(task), False, bands, list(legend.items()))
        return
    loudest = max((label["probability"] for window in joined for label in window["labels"]), default=0.0)
    rows = result[task][: HEAT_NOTES if task in NOTE_TASKS else HEAT_LABELS]
    for row in rows if loudest > FAINT else ():
        name = row["label"]
        yield Lane(task, name, True, [
            _band(window["start"], window["end"], seconds, name, _share(window["labels"], name), None)
            for window in joined
        ], [])  # fmt: skip


def _share(labels: Labels, name: str) -> float:
    return next((float(label["probability"]) for label in labels if label["label"] == name), 0.0)


def _hues(task: str, windows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """A colour for each label, the same on every page for genres. A tempo has none: its number says it all."""
    if task == "tempo":
        return {}
    names = GENRES if task == HEADLINE else sorted({label["label"] for w in windows for label in w["labels"]})
    return {name: number % HUES for number, name in enumerate(names)}


def _bands(windows: Sequence[Mapping[str, Any]], hues: Mapping[str, int], seconds: float) -> Iterator[Band]:
    """Neighbouring windows with the same best label as one stretch."""
    run: list[Mapping[str, Any]] = []
    for window in [*(w for w in windows if w["labels"]), None]:
        if run and (window is None or _best(window) != _best(run[0]) or window["start"] - run[-1]["end"] > 0.1):
            share = sum(w["labels"][0]["probability"] for w in run) / len(run)
            label = _best(run[0])
            yield _band(run[0]["start"], run[-1]["end"], seconds, label, share, hues.get(label))
            run = []
        if window is not None:
            run.append(window)


def _best(window: Mapping[str, Any]) -> str:
    return str(window["labels"][0]["label"])


def _band(start: float, end: float, seconds: float, label: str, share: float, hue: int | None) -> Band:
    whole = max(seconds, 1e-9)
    left = min(100.0, 100 * start / whole)
    return Band(start, end, left, min(100.0 - left, 100 * (end - start) / whole), label, min(1.0, share), hue)


def _table(windows: Mapping[str, Sequence[Mapping[str, Any]]], seconds: float) -> Iterator[dict[str, Any]]:
    """The picture as rows of text: a stretch of time, and what each task heard in it."""
    if not windows:
        return
    finest = condensed(max(windows.values(), key=len), MOST_TABLE_ROWS)
    for row in finest:
        middle = (row["start"] + row["end"]) / 2
        cells = {}
        for task, found in windows.items():
            inside = [w for w in found if w["start"] < row["end"] and w["end"] > row["start"]]
            inside = inside if len(inside) > 1 else [w for w in found if w["start"] <= middle < w["end"]]
            best = _joined(inside)["labels"] if inside else []
            cells[task] = best[: TABLE_LABELS if task in SEVERAL else 1]
        yield {"start": row["start"], "end": min(row["end"], seconds or row["end"]), "cells": cells}


def clock(seconds: float) -> str:
    """1:05 for 65 seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _marks(seconds: float) -> list[tuple[float, str]]:
    """Where the time axis is marked, in percent, and with what."""
    if seconds <= 0:
        return []
    step = next((step for step in STEPS if seconds / step <= MOST_MARKS), STEPS[-1])
    return [(100 * at / seconds, clock(at)) for at in range(0, int(seconds) + 1, step)]


def _summary(result: Mapping[str, Any], headline: Group | None) -> str:
    """One sentence for those who cannot see the page change."""
    parts = []
    if headline and not headline.even:
        parts.append(f"{headline.labels[0]['label']}, {headline.labels[0]['probability']:.0%}")
    tempo, key = result.get("tempo"), result.get("key")
    if isinstance(tempo, Mapping) and tempo.get("bpm"):
        parts.append(f"{tempo['bpm']:.0f} BPM")
    if isinstance(key, Mapping) and key.get("tonic"):
        parts.append(f"{key['tonic']} {key['mode']}")
    return " ".join(["Heard: " + "; ".join(parts) + "." if parts else "Heard.", *result.get("notices", [])])
