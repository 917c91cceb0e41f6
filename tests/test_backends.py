"""Every backend that lies in the folders, by its SPEC alone: light to import, honest about itself, runs, stops."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from app.settings import ROOT
from models import audio, registry
from models.spec import Cancelled, Clip, Embedding, GenerateRequest, Prediction, Run, Spec, Transcription

SPECS = [spec for kind in registry.KINDS for spec in registry.specs(kind)]
IDS = [f"{spec.kind}/{spec.name}" for spec in SPECS]
READY = [spec for spec in SPECS if registry.not_ready(spec) is None]
GENERATORS = [spec for spec in READY if spec.kind == "generators"]
EMBEDDERS = [spec for spec in READY if spec.kind == "embedders"]
TRANSCRIBERS = [spec for spec in READY if spec.kind == "transcribers"]
CLASSIFIERS = [spec for spec in READY if spec.kind == "classifiers"]
HEAVY = ("torch", "torchaudio", "librosa", "faiss", "sklearn", "numba", "scipy", "symusic", "av")
REQUEST = GenerateRequest("rock", ("electric_guitar", "bass", "drums"), 120.0, 4.0, seed=5, key="A minor")


def names(specs: list[Spec]) -> list[str]:
    return [spec.name for spec in specs]


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_a_spec_is_complete(spec: Spec) -> None:
    module = registry.get(spec.kind, spec.name)
    assert (spec.name, f"models.{spec.kind}.{spec.name}") == (module.SPEC.name, module.__name__)
    assert spec.label
    assert spec.summary.endswith(".")
    assert issubclass(spec.options, BaseModel)
    assert spec.options.model_config.get("extra") == "forbid"
    assert all(field.description for field in spec.options.model_fields.values())
    spec.options()  # every option has a default
    assert callable(module.load)


def test_specs_are_read_without_heavy_imports() -> None:
    code = (
        "import sys; from models import registry; [registry.specs(kind) for kind in registry.KINDS]; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_everything_that_ships_is_ready() -> None:
    missing = {spec.name: registry.not_ready(spec) for spec in SPECS if spec not in READY}
    assert list(missing) == ["api", "musicgen"]  # which need an address, and weights of one's own
    assert "MUSIC_API_URL" in (missing["api"] or "")
    assert "MUSICGEN_PATH" in (missing["musicgen"] or "")


def test_numbers_of_modes_are_not_shared() -> None:
    numbers = [spec.number for spec in SPECS if spec.number is not None]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("spec", GENERATORS, ids=names(GENERATORS))
def test_a_generator_keeps_to_the_request(spec: Spec) -> None:
    reports: list[tuple[float, str]] = []
    backend = registry.load("generators", spec.name)
    clip: Clip = backend.generate(REQUEST, Run(progress=lambda fraction, stage: reports.append((fraction, stage))))
    assert clip.audio.dtype == np.float32
    assert clip.audio.shape == (2, round(REQUEST.length * clip.sample_rate))
    assert np.isfinite(clip.audio).all()
    assert 0.05 < np.abs(clip.audio).max() <= 1
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert clip.title
    if "tempo" in spec.honours:
        assert clip.tempo == REQUEST.tempo
    if "midi" in spec.honours:
        assert clip.score is not None
    again: Clip = backend.generate(REQUEST, Run())
    assert np.array_equal(clip.audio, again.audio)
    assert clip.score == again.score


@pytest.mark.parametrize("spec", GENERATORS, ids=names(GENERATORS))
def test_a_generator_stops_when_told(spec: Spec) -> None:
    calls = 0

    def stop_soon(fraction: float, stage: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Cancelled

    request = dataclasses.replace(REQUEST, length=60.0)
    with pytest.raises(Cancelled):
        registry.load("generators", spec.name).generate(request, Run(progress=stop_soon, cancelled=lambda: calls > 1))


def sounds(clip: Path) -> dict[str, tuple[np.ndarray, int]]:
    """What any backend that listens must be able to hear."""
    sound, rate = audio.decode(clip)
    return {
        "recording": (sound, rate),
        "silence": (np.zeros((1, rate), np.float32), rate),
        "one sample": (sound[:, :1], rate),
        "stereo at 8 kHz": (np.repeat(audio.resample(sound, rate, 8000), 2, axis=0), 8000),
    }


@pytest.mark.parametrize("spec", CLASSIFIERS, ids=names(CLASSIFIERS))
@pytest.mark.parametrize("kind", ["recording", "silence", "one sample", "stereo at 8 kHz"])
def test_a_classifier_answers_whatever_it_hears(spec: Spec, kind: str, clip: Path) -> None:
    heard = sounds(clip)[kind]
    answer: Prediction = registry.load("classifiers", spec.name).classify(audio.Recording.of(*heard), Run())
    probabilities = [label.probability for label in answer.labels]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 <= probability <= 1 for probability in probabilities)
    assert answer.labels or answer.extra
    if kind == "silence":
        assert answer.notice


@pytest.mark.parametrize("spec", EMBEDDERS, ids=names(EMBEDDERS))
def test_an_embedder_gives_unit_vectors_of_one_size(spec: Spec, clip: Path) -> None:
    backend = registry.load("embedders", spec.name)
    found: dict[str, Embedding] = {
        kind: backend.embed(audio.Recording.of(*heard), Run()) for kind, heard in sounds(clip).items()
    }
    assert len({answer.vector.shape for answer in found.values()}) == 1
    assert {answer.checkpoint for answer in found.values()} == {found["recording"].checkpoint}
    for kind, answer in found.items():
        assert answer.vector.dtype == np.float32
        wanted = {"silence": (0,), "one sample": (0, 1)}.get(kind, (1,))  # a single sample may be heard as nothing
        assert round(float(np.linalg.norm(answer.vector)), 5) in wanted
    cosine = {kind: float(answer.vector @ found["recording"].vector) for kind, answer in found.items()}
    assert cosine["stereo at 8 kHz"] > max(0.3, cosine["one sample"])
    again: Embedding = backend.embed(audio.Recording.of(*sounds(clip)["recording"]), Run())
    assert np.array_equal(again.vector, found["recording"].vector)


@pytest.mark.parametrize("spec", EMBEDDERS, ids=names(EMBEDDERS))
def test_an_embedder_knows_a_recording_again_and_stops_when_told(spec: Spec, clip: Path) -> None:
    backend = registry.load("embedders", spec.name)
    sound, rate = audio.decode(clip)
    singing, other = audio.decode(clip.with_name("vocadito_10.flac"))
    whole = backend.embed(audio.Recording.of(sound, rate), Run()).vector
    part = backend.embed(audio.Recording.of(0.7 * sound[:, rate:], rate), Run()).vector
    assert whole @ part > 0.6
    assert whole @ part > whole @ backend.embed(audio.Recording.of(singing, other), Run()).vector
    with pytest.raises(Cancelled):
        backend.embed(audio.Recording.of(np.tile(sound, 20), rate), Run(cancelled=lambda: True))


@pytest.mark.parametrize("spec", TRANSCRIBERS, ids=names(TRANSCRIBERS))
@pytest.mark.parametrize("kind", ["recording", "silence", "one sample", "stereo at 8 kHz", "singing"])
def test_a_transcriber_answers_whatever_it_hears(spec: Spec, kind: str, clip: Path) -> None:
    heard = sounds(clip)[kind] if kind != "singing" else audio.decode(clip.with_name("vocadito_10.flac"))
    recording = audio.Recording.of(*heard)
    reports: list[float] = []
    run = Run(progress=lambda fraction, stage: reports.append(fraction))
    answer: Transcription = registry.load("transcribers", spec.name).transcribe(recording, spec.options(), run)
    assert reports == sorted(reports)
    assert len(answer.curve) == len(answer.level) == pytest.approx(recording.seconds / answer.hop, abs=2)
    onsets = [note.onset for note in answer.heard]
    assert onsets == sorted(onsets)
    for note in answer.heard:
        assert 0 <= note.onset < note.offset <= recording.seconds + 0.05
        assert 0 <= note.midi <= 127
        assert 1 <= note.velocity <= 127
        assert 0 <= note.confidence <= 1
    if kind == "singing":
        assert len(answer.heard) > 10
    if kind == "silence":
        assert not answer.heard
        assert answer.notices


@pytest.mark.parametrize("spec", TRANSCRIBERS, ids=names(TRANSCRIBERS))
def test_a_transcriber_stops_when_told(spec: Spec, clip: Path) -> None:
    sound, rate = audio.decode(clip.with_name("vocadito_10.flac"))
    long = audio.Recording.of(np.tile(sound, 8), rate)
    with pytest.raises(Cancelled):
        registry.load("transcribers", spec.name).transcribe(long, spec.options(), Run(cancelled=lambda: True))
