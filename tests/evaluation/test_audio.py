"""How modes and their options are named for the evaluation of the neural modes."""

import pytest

from models.evaluation.audio import asked


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("rave", ("rave", {})),
        ("ddim:steps=10,guidance=2.5", ("ddim", {"steps": 10, "guidance": 2.5})),
        ('melgan:vocoder="melgan",guide_phases=false', ("melgan", {"vocoder": "melgan", "guide_phases": False})),
    ],
)  # fmt: skip
def test_a_mode_is_named_with_its_options(word: str, meaning: tuple) -> None:
    assert asked(word) == meaning


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        asked("ddim:steps=ten")
