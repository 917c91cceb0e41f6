"""Stems: processed parts that add up to the mix, and with its dynamics to the master."""

from dataclasses import replace

import numpy as np
import pytest

from models.composer.engine import compose
from models.composer.render import mixdown, render, stems
from models.composer.render.threads import side_by_side
from models.dsp.loudness import integrated
from models.spec import Cancelled, GenerateRequest, Run, Score

RATE = 44_100


def score(genre: str, instruments: tuple[str, ...] = (), seconds: float = 6.0) -> Score:
    return compose(GenerateRequest(genre, instruments, 110.0, seconds, 3))


@pytest.mark.parametrize("genre", ["metal", "reggae", "hiphop", "classical"])
def test_stems_add_up_to_the_mix_before_anything_nonlinear(genre: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.composer.render import engine

    seen: list[np.ndarray] = []
    measured = engine.glue

    def watch(mix: np.ndarray, genre: str) -> np.ndarray:
        seen.append(mix.copy())
        return measured(mix, genre)

    monkeypatch.setattr(engine, "glue", watch)
    piece = score(genre)
    parts = stems(piece)
    assert list(parts) == [part.name for part in piece.parts if part.notes]
    total = np.sum(list(parts.values()), axis=0)
    gain = float(np.vdot(total, seen[0]) / np.vdot(seen[0], seen[0]))
    assert np.abs(total - gain * seen[0]).max() < 1e-5 * max(1.0, gain)
    assert integrated(total, RATE) == pytest.approx(-14, abs=0.1)


def test_mastered_stems_add_up_to_the_master() -> None:
    piece = score("disco")
    done = mixdown(piece, stems=True, mastered=True)
    assert np.array_equal(done.master, render(piece))
    assert np.abs(np.sum(list(done.stems.values()), axis=0) - done.master).max() < 1e-5
    assert all(audio.shape == done.master.shape and audio.dtype == np.float32 for audio in done.stems.values())


def test_a_stem_holds_its_own_part_alone() -> None:
    piece = score("pop", ("piano", "bass"))
    quiet = replace(piece, parts=tuple(p if p.role == "bass" else replace(p, notes=p.notes[:1]) for p in piece.parts))
    parts = stems(quiet, reverb_amount=0.0)
    piano = next(name for name in parts if "iano" in name)
    assert np.abs(parts[piano][:, 5 * RATE :]).max() < 0.02 * np.abs(parts["Bass"][:, 5 * RATE :]).max()


def test_parts_of_one_name_get_numbers_and_silence_gives_no_stems() -> None:
    piece = score("pop", ("piano", "bass"), 3.0)
    twice = replace(piece, parts=(*piece.parts, replace(piece.parts[0], role="pad")))
    names = list(stems(twice))
    assert names[-1] == names[0] + " 2"
    assert len(stems(replace(piece, parts=piece.parts[:1] * 2))) == 2
    assert stems(replace(piece, parts=())) == {}


def test_work_side_by_side_keeps_its_order_and_stops_when_cancelled() -> None:
    assert [r for _, r in side_by_side(lambda item, run: item * item, range(7), Run())] == [n * n for n in range(7)]

    def failing(item: int, run: Run) -> int:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        list(side_by_side(failing, range(3), Run()))

    def endless(item: int, run: Run) -> int:
        while True:
            run.check()

    looks = iter([False, False])
    with pytest.raises(Cancelled):
        list(side_by_side(endless, range(3), Run(cancelled=lambda: next(looks, True))))
