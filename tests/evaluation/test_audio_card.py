"""Tables of the neural modes from several runs."""

from typing import Any

import pytest

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
