"""Tables of the neural modes from several runs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from models import checkpoint
from models.evaluation import audio_card
from models.evaluation.audio_card import by_genre, by_system, together


def run(names: list[str], seconds: float = 20.0) -> dict[str, Any]:
    rows = {name: {"fad": float(len(name)), "interval": (1.0, 2.0), "genre": 0.5} for name in names}
    return {
        "clips a genre": 6,
        "seconds": seconds,
        "components": 32,
        "windows": {"pop": {"reference": 65, "system": 72}},
        "genres": {"pop": dict(rows)},
        "mean": dict(rows),
    }


def test_runs_with_other_modes_make_one_table_with_the_references_last() -> None:
    one = run(["guide", "rave 1", "RAVE, white-noise latents", "white noise", "other recordings"])
    both = together([one, run(["guide", "notes 1", "white noise", "other recordings"])])
    names = [row[0] for row in by_system(both)["rows"]]
    assert names[0] == "guide"
    assert sorted(names[1:3]) == ["notes 1", "rave 1"]
    assert names[3:] == ["RAVE, white-noise latents", "white noise", "other recordings"]
    assert [row[0] for row in by_genre(both)["rows"]] == names


def test_runs_of_other_pieces_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="seconds"):
        together([run(["guide"]), run(["guide"], seconds=10.0)])


def test_without_a_new_round_trip_the_card_keeps_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "audio.json").write_text(json.dumps(run(["guide", "rave 1", "ddim 1"])))
    given: list[Any] = []
    monkeypatch.setattr(audio_card, "recard", lambda *parts: given.extend(parts))
    monkeypatch.setattr(sys, "argv", ["audio_card", "--audio", str(tmp_path / "audio.json")])
    audio_card.main()
    name, figures, tables, *_ = given
    card = checkpoint.card("rave")
    assert (name, figures) == ("rave", card.figures)
    assert [row[0] for row in tables[0]["rows"]] == ["guide", "rave 1", "ddim 1"]
    assert tables[2:] == [one for one in card.extra["tables"] if one["title"] == audio_card.ROUND_TRIPS]
    assert len(tables[2]["rows"]) == 11
