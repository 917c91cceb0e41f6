"""The composer as a backend."""

import numpy as np
import pytest
from pydantic import ValidationError

from models import registry
from models.composer.midi import to_midi
from models.generators.compose import Options
from models.spec import Cancelled, GenerateRequest, Run


def request(**changes) -> GenerateRequest:
    given = {"genre": "jazz", "instruments": ("piano", "bass"), "tempo": 120.0, "length": 4.0, "seed": 11}
    return GenerateRequest(**(given | changes))


def test_it_is_ready_and_says_what_it_honours() -> None:
    spec = registry.spec("generators", "compose")
    assert registry.not_ready(spec) is None
    assert set(spec.honours) == {"genre", "instruments", "tempo", "length", "key", "seed", "midi", "source"}


def test_a_clip_is_what_was_asked_for_and_the_same_each_time() -> None:
    composer = registry.load("generators", "compose")
    told: list[tuple[float, str]] = []
    clip = composer.generate(request(key="Bb major"), Run(progress=lambda f, s: told.append((f, s))))
    assert clip.audio.shape == (2, 4 * 44_100)
    assert clip.sample_rate == 44_100
    assert clip.tempo == 120.0
    assert clip.key == "Bb major"
    assert set(clip.instruments) == {"piano", "bass"}
    assert clip.score is not None
    assert clip.title == clip.score.title
    assert told[0] == (0.0, "composing")
    assert [f for f, _ in told] == sorted(f for f, _ in told)
    again = composer.generate(request(key="Bb major"), Run())
    assert np.array_equal(clip.audio, again.audio)
    assert to_midi(clip.score) == to_midi(again.score)


def test_a_title_is_kept() -> None:
    clip = registry.load("generators", "compose").generate(request(title="Ünïcode <b>🎷</b>", length=1.0), Run())
    assert clip.title == "Ünïcode <b>🎷</b>"


def test_options_have_defaults_and_bounds() -> None:
    assert Options().swing is None
    with pytest.raises(ValidationError):
        Options(density=2)
    with pytest.raises(ValidationError):
        Options.model_validate({"nonsense": 1})
    composer = registry.load("generators", "compose")
    dry, wet = (composer.generate(request(options={"reverb": r}), Run()).audio for r in (0.0, 2.0))
    assert not np.array_equal(dry, wet)


def test_a_cancelled_job_stops() -> None:
    with pytest.raises(Cancelled):
        registry.load("generators", "compose").generate(request(), Run(cancelled=lambda: True))


@pytest.mark.parametrize("tempo", [40.0, 220.0])
def test_five_minutes_at_the_ends_of_the_tempo_range(tempo: float) -> None:
    from models.composer.engine import compose

    score = compose(request(genre="country", tempo=tempo, length=300.0, instruments=()))
    assert max(n.onset + n.duration for p in score.parts for n in p.notes) * 60 / tempo <= 300.0


@pytest.mark.slow
def test_five_minutes_are_played_in_time() -> None:
    clip = registry.load("generators", "compose").generate(request(length=300.0, instruments=()), Run())
    assert clip.audio.shape == (2, 300 * 44_100)
