"""What the page makes of an analysis: sentences, lanes and tables, whichever tasks there are."""

from itertools import pairwise
from typing import Any

import pytest

from app import accuracy, findings


def labels(**probabilities: float) -> list[dict[str, Any]]:
    return [{"label": name, "probability": p} for name, p in probabilities.items()]


def window(task: str, start: float, end: float, **probabilities: float) -> dict[str, Any]:
    return {"task": task, "start": start, "end": end, "labels": labels(**probabilities)}


def result(**more: Any) -> dict[str, Any]:
    return {"track": {"length": 12.0}, "timeline": [], "figures": {}, "notices": [], "elapsed_ms": 1} | more


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({}, None),
        ({"recordings": {"tracks": 424, "accuracy": 0.763}}, "right for 76 of 100 recordings of artists"),
        ({"by instrument and bank": {"accuracy": 0.84, "macro_f1": 0.8}}, "right for 84 of 100 sounds of instruments"),
        ({"by instrument and bank": {"macro_f1": 0.71}}, "F1 score 71 of 100 over all labels, on sounds of"),
        ({"validation clips": {"accuracy": 0.9}, "gtzan": {"accuracy1": 0.8}}, "within 4 % for 80 of 100 (gtzan)"),
        ({"published by the authors, on the data set's test split": {"roc_auc": 0.88}}, "as its authors measured"),
        ({"accuracy": 0.5}, "right for 50 of 100"),
        ({"tracks": 17, "ece": 0.03}, None),
    ],
)
def test_figures_are_told_in_words(figures: dict[str, Any], said: str | None) -> None:
    found = accuracy.sentence(figures)
    assert found == said if said is None else said in (found or "")


def test_neighbouring_windows_with_one_answer_are_one_band() -> None:
    timeline = [window("genre", 3.0 * n, 3.0 * n + 3, **({"jazz": 0.6} if n < 3 else {"rock": 0.5})) for n in range(4)]
    found = findings.of(result(genre=labels(jazz=0.5, rock=0.4), timeline=timeline))
    (lane,) = found.lanes
    assert [(band.label, band.start, band.end) for band in lane.bands] == [("jazz", 0, 9), ("rock", 9, 12)]
    assert [(band.left, band.width) for band in lane.bands] == [(0, 75), (75, 25)]
    assert [name for name, _ in lane.legend] == ["jazz", "rock"]
    assert len({hue for _, hue in lane.legend}) == 2
    assert [row["cells"]["genre"][0]["label"] for row in found.table] == ["jazz", "jazz", "jazz", "rock"]


def test_overlapping_windows_do_not_overlap_in_the_picture() -> None:
    timeline = [window("source", 2.0 * n, 2.0 * n + 4, acoustic=n % 2, synthetic=(n + 1) % 2) for n in range(5)]
    for row in timeline:
        row["labels"].sort(key=lambda label: -label["probability"])
    bands = findings.of(result(source=labels(acoustic=0.5, synthetic=0.5), timeline=timeline)).lanes[0].bands
    assert all(one.end <= two.start for one, two in pairwise(bands))


def test_a_quarter_of_an_hour_is_joined_to_what_can_be_drawn() -> None:
    timeline = [window("tags", 3.0 * n, 3.0 * n + 3, rock=n % 2, pop=0.5) for n in range(300)]
    found = findings.of(result(track={"length": 900.0}, tags=labels(pop=0.5, rock=0.5), timeline=timeline))
    assert [lane.title for lane in found.lanes] == ["pop", "rock"]
    assert all(len(lane.bands) == 150 and lane.heat for lane in found.lanes)
    assert {band.share for band in found.lanes[1].bands} == {0.5}
    assert len(found.table) <= findings.MOST_TABLE_ROWS
    assert len(found.marks) <= findings.MOST_MARKS + 1


def test_tasks_that_came_later_show_by_themselves() -> None:
    notice = "This model knows single notes."
    answer = result(
        genre=labels(jazz=0.5, rock=0.3, pop=0.2),
        source=labels(acoustic=0.8, electronic=0.15, synthetic=0.05),
        qualities=labels(bright=0.9, reverb=0.6, dark=0.1),
        weather=labels(sunny=0.7, rainy=0.3),
        notices=["No genre fits well.", notice],
        task_notices={"genre": "No genre fits well.", "source": notice},
        figures={"source": {"by instrument and bank": {"accuracy": 0.84}}},
    )
    found = findings.of(answer)
    assert found.notices == ["No genre fits well."]
    assert found.headline is not None
    assert found.headline.title == "Genre"
    assert [group.title for group in found.groups] == ["Weather"]
    assert [group.task for group in found.notes] == ["source", "qualities"]
    assert found.notes_notices == [notice]
    assert "84 of 100" in (found.notes[0].accuracy or "")
    assert [row["label"] for row in found.notes[1].chosen] == ["bright", "reverb"]
    assert not found.notes_first
    assert findings.of(answer | {"track": {"length": 3.0}}).notes_first


def test_silence_is_not_drawn_as_an_answer() -> None:
    found = findings.of(
        result(
            genre=labels(jazz=0.5, rock=0.5),
            tags=labels(rock=0.0, pop=0.0),
            tempo={"bpm": None, "confidence": 0.0, "alternatives": []},
            timeline=[window("tags", 3.0 * n, 3.0 * n + 3, rock=0.0, pop=0.0) for n in range(4)],
            notices=["The recording is silent."],
            task_notices={"genre": "The recording is silent."},
        )
    )
    assert found.headline is not None
    assert found.headline.even
    assert found.lanes == []
    assert found.table == []
    assert found.summary == "Heard. The recording is silent."


def test_other_readings_of_a_tempo_say_how_they_relate() -> None:
    others = [{"bpm": 60.0, "confidence": 0.2}, {"bpm": 240.1, "confidence": 0.1}, {"bpm": 171.0, "confidence": 0.1}]
    found = findings.of(result(tempo={"bpm": 120.0, "confidence": 0.5, "alternatives": others}))
    assert found.tempo is not None
    assert [other["relation"] for other in found.tempo["alternatives"]] == ["half of it", "double", "another pulse"]


def test_a_result_of_an_older_version_is_shown() -> None:
    found = findings.of({"genre": labels(jazz=0.9, rock=0.1), "timeline": [], "notices": [], "elapsed_ms": 3})
    assert found.headline is not None
    assert found.seconds == 0
    assert found.marks == []


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"genre": [{"label": "jazz", "probability": 0.724}, {"label": "rock", "probability": 0.276}]}, "jazz 72 %"),
        (
            {
                "genre": [{"label": "jazz", "probability": 0.7}, {"label": "rock", "probability": 0.3}],
                "task_notices": {"genre": "This sounds like speech, not music."},
            },
            "",
        ),
        ({"genre": [{"label": "jazz", "probability": 0.5}, {"label": "rock", "probability": 0.5}]}, ""),
        ({"tempo": {"bpm": 120.0}}, ""),
    ],
)
def test_a_list_names_a_genre_only_where_it_is_trusted(result: dict[str, Any], said: str) -> None:
    assert findings.in_short(result) == said
