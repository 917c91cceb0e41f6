"""Real weights on a real recording."""

import numpy as np
import pytest
import soundfile

from models import registry
from models.audio import FORMATS, Recording, decode, encode
from models.spec import Cancelled, Run
from models.vocabulary import GENRES
from tests.audio.conftest import write_ffmpeg

from .conftest import CLIP

NAMES = ("genre", "tags")


@pytest.fixture(scope="module", params=NAMES)
def classifier(request):
    return registry.load("classifiers", request.param)


def probabilities(prediction) -> dict[str, float]:
    return {label.label: label.probability for label in prediction.labels}


@pytest.mark.parametrize("name", NAMES)
def test_is_ready(name):
    assert registry.not_ready(registry.spec("classifiers", name)) is None


def test_answer_is_sorted_and_within_bounds(classifier, singing):
    prediction = classifier.classify(Recording.of(*singing), Run())
    values = [label.probability for label in prediction.labels]
    assert values == sorted(values, reverse=True)
    assert 0 <= min(values) <= max(values) <= 1
    assert len(prediction.checkpoint) == 8
    starts = [window.start for window in prediction.timeline]
    assert starts == sorted(starts)
    assert prediction.timeline[-1].end <= singing[0].shape[1] / singing[1]
    assert len(starts) == 3


def test_genre_probabilities_add_up(singing):
    prediction = registry.load("classifiers", "genre").classify(Recording.of(*singing), Run())
    assert sum(probabilities(prediction).values()) == pytest.approx(1, abs=1e-5)
    assert set(probabilities(prediction)) == set(GENRES)


def test_tags_of_unaccompanied_singing(singing):
    prediction = registry.load("classifiers", "tags").classify(Recording.of(*singing), Run())
    assert len(prediction.labels) == 50
    strongest = {label.label for label in prediction.labels[:12]}
    assert strongest & {"acoustic", "folk", "female vocalists", "female vocalist", "male vocalists"}


def test_answer_hardly_depends_on_the_file_format(classifier, singing, tmp_path):
    audio, rate = singing
    paths = [CLIP]
    for name, format in FORMATS.items():
        encode(audio, rate, tmp_path / f"a{format.extension}", name)
        paths.append(tmp_path / f"a{format.extension}")
    soundfile.write(tmp_path / "a.au", audio.T, rate, subtype="PCM_16")
    paths += [
        tmp_path / "a.au",
        write_ffmpeg(tmp_path / "a.m4a", "ipod", "aac", audio, rate, layout="mono"),
        write_ffmpeg(tmp_path / "a.webm", "webm", "libopus", decode(CLIP, sample_rate=48000)[0], 48000, layout="mono"),
    ]
    answers = [probabilities(classifier.classify(Recording.open(path), Run())) for path in paths]
    for path, answer in zip(paths[1:], answers[1:], strict=True):
        worst = max(abs(answer[label] - answers[0][label]) for label in answer)
        assert worst < 0.12, path.suffix
    best = [max(answer, key=answer.get) for answer in answers]
    assert len(set(best)) == 1


def test_same_input_same_answer(classifier, singing):
    fresh = registry.get("classifiers", "genre").load("cpu")
    assert fresh.classify(Recording.of(*singing), Run()) == registry.load("classifiers", "genre").classify(
        Recording.of(*singing), Run()
    )


@pytest.mark.parametrize("seconds", [0, 20])
def test_silence_is_answered_as_silence(classifier, seconds):
    audio = np.zeros((2, 1 + 44100 * seconds), np.float32)
    prediction = classifier.classify(Recording.of(audio, 44100), Run())
    assert "silent" in prediction.notice
    assert max(probabilities(prediction).values()) <= 0.1 + 1e-9


@pytest.mark.parametrize("samples", [1, 100, 8000, 44100])
def test_very_short_sounds_get_an_answer(classifier, samples):
    noise = np.random.default_rng(0).standard_normal((1, samples)).astype(np.float32) * 0.1
    prediction = classifier.classify(Recording.of(noise, 44100), Run())
    assert np.isfinite([label.probability for label in prediction.labels]).all()
    assert prediction.timeline == ()


def test_silent_stretches_do_not_count(classifier, singing):
    audio, rate = singing
    whole = audio[:, : 3 * 187 * 256 * rate // 16000]
    padded = np.concatenate([whole, np.zeros((1, 12 * rate), np.float32)], axis=1)
    one, other = (probabilities(classifier.classify(Recording.of(a, rate), Run())) for a in (whole, padded))
    assert max(abs(one[label] - other[label]) for label in one) < 0.05


def test_progress_grows(singing):
    audio, rate = singing
    seen: list[float] = []
    run = Run(progress=lambda fraction, _: seen.append(fraction))
    registry.load("classifiers", "genre").classify(Recording.of(np.tile(audio, 4), rate), run)
    assert len(seen) >= 4
    assert seen == sorted(seen)
    assert 0 <= seen[0] < seen[-1] < 1


def test_a_cancelled_run_stops(singing):
    audio, rate = singing
    with pytest.raises(Cancelled):
        registry.load("classifiers", "genre").classify(Recording.of(audio, rate), Run(cancelled=lambda: True))


def test_networks_run_once_for_both(singing, monkeypatch):
    audio, rate = singing
    recording = Recording.of(audio, rate)
    genre, tags = (registry.load("classifiers", name) for name in NAMES)
    genre.classify(recording, Run())

    def fail(*_):
        raise AssertionError("computed twice")

    monkeypatch.setattr(type(tags.extractor), "forward", fail)
    tags.classify(recording, Run())


def test_speech_is_called_speech(classifier):
    notice = classifier.classify(Recording.open(CLIP.with_name("speech.flac")), Run()).notice
    assert "speech" in notice


def test_noise_is_called_noise(classifier):
    noise = np.random.default_rng(0).normal(0, 0.1, 22050 * 8).astype(np.float32)
    assert "noise" in classifier.classify(Recording(noise, 22050), Run()).notice


def test_singing_is_not_called_speech(classifier, singing):
    notice = classifier.classify(Recording.of(*singing), Run()).notice
    assert notice is None or "speech" not in notice
