"""The library backend on a small library and on files dropped in by a user."""

import json
import time
from pathlib import Path

import librosa
import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr

from models import registry
from models.composer.engine import compose
from models.composer.library import LibraryTrack, tracks
from models.composer.render import render
from models.composer.starter import make
from models.dsp.beats import track_beats
from models.dsp.stretch import splice, stretch
from models.generators import dataset
from models.spec import BadInput, Cancelled, GenerateRequest, Run
from models.vocabulary import GENRES

RATE = 44_100


def request(genre="rock", instruments=(), tempo=120.0, length=10.0, seed=3, **more) -> GenerateRequest:
    return GenerateRequest(genre, tuple(instruments), float(tempo), float(length), seed, **more)


def tempo_of(audio: np.ndarray) -> float:
    return float(np.atleast_1d(librosa.beat.beat_track(y=audio.mean(axis=0), sr=RATE)[0])[0])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("genres")
    (folder / "rock").mkdir()
    rows = [make(folder, "rock", number, 101 + number, tempo) for number, tempo in ((0, 100.0), (1, 140.0))]
    (folder / "library.json").write_text(json.dumps({"tracks": rows}))
    audio = render(compose(GenerateRequest("pop", (), 110.0, 14.0, 5)))
    (folder / "pop").mkdir()
    mono = soxr.resample(audio.mean(axis=0), RATE, 22_050)
    soundfile.write(folder / "pop" / "pop.00000.au", mono, 22_050, format="AU", subtype="PCM_16")
    return folder


def test_it_is_ready_and_keeps_its_old_number() -> None:
    spec = registry.spec("generators", "dataset")
    assert registry.not_ready(spec) is None
    assert spec.number == 0


@pytest.mark.parametrize(("tempo", "length"), [(120, 10.0), (104, 41.3), (140, 1.0), (75, 6.0)])
def test_a_track_of_the_library_is_bent_to_the_request(library: Path, tempo: float, length: float) -> None:
    clip = dataset.load(folder=library).generate(request(tempo=tempo, length=length), Run())
    assert clip.audio.shape == (2, round(length * RATE))
    assert clip.tempo == tempo
    assert clip.instruments
    assert clip.key
    assert clip.score is not None
    assert clip.score.tempo == tempo
    assert clip.score.length == length
    assert max(n.onset + n.duration for p in clip.score.parts for n in p.notes) * 60 / tempo <= length + 1e-6
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(clip.audio.T.astype(float))
    assert loudness == pytest.approx(-14, abs=0.5)
    if length >= 10:
        assert tempo_of(clip.audio) == pytest.approx(tempo, rel=0.04)


def test_a_last_chord_within_a_bar_keeps_its_ending() -> None:
    track = LibraryTrack(Path("slow.opus"), "Slow", tempo=60.0, final=30.0, metre=4)
    cuts, tail = dataset.plan_cuts(track, seconds=36.0, seconds_per_bar=4.0, length=20.0)
    assert tail
    assert cuts[-1].last == 7, "the last bars before the chord are kept"
    played = sum(cut.last - cut.first for cut in cuts) * 4.0 + 2.0
    assert 0.8 <= 20.0 - played <= 4.8


def test_the_starter_library_is_complete() -> None:
    for genre in GENRES:
        ours = [track for track in tracks(dataset.FOLDER, genre) if track.known]
        assert len(ours) == 8
        for track in ours:
            score = track.score(genre)
            assert score is not None
            assert score.tempo == pytest.approx(track.tempo, abs=0.01)
            assert {part.instrument for part in score.parts} == set(track.instruments)


def test_the_score_says_what_is_heard(library: Path) -> None:
    clip = dataset.load(folder=library).generate(request(tempo=118, length=20), Run())
    assert clip.score is not None
    onsets = [n.onset * 60 / 118 for p in clip.score.parts if p.is_drums for n in p.notes if n.pitch in (36, 38)]
    strength = librosa.onset.onset_strength(y=clip.audio.mean(axis=0), sr=RATE, hop_length=512)
    near = [strength[max(0, round(t * RATE / 512) - 2) : round(t * RATE / 512) + 4].max() for t in onsets if t < 19.5]
    assert np.mean(near) > 1.7 * strength.mean()


def test_a_dropped_in_au_file_is_used(library: Path) -> None:
    loaded = dataset.load(folder=library)
    clip = loaded.generate(request("pop", ("piano",), tempo=100, length=12.0), Run())
    assert clip.audio.shape == (2, 12 * RATE)
    assert clip.score is None
    assert clip.notice
    assert tempo_of(clip.audio) == pytest.approx(100, rel=0.04)
    started = time.monotonic()
    again = loaded.generate(request("pop", ("piano",), tempo=100, length=12.0), Run())
    assert np.array_equal(clip.audio, again.audio)
    assert time.monotonic() - started < 20


def test_seeds_choose_and_instruments_are_told(library: Path) -> None:
    loaded = dataset.load(folder=library)
    titles = set()
    for seed in range(12):
        titles.add(loaded.generate(request(tempo=119, length=1.0, seed=seed), Run()).title)
        if len(titles) == 2:
            break
    assert len(titles) == 2
    clip = loaded.generate(request(instruments=("harmonica",), length=1.0, key="C minor"), Run())
    assert clip.notice
    assert "harmonica" in clip.notice


def test_an_empty_or_broken_folder_is_explained(library: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="genres/jazz"):
        dataset.load(folder=library).generate(request("jazz"), Run())
    (tmp_path / "jazz").mkdir()
    (tmp_path / "jazz" / "broken.wav").write_bytes(b"not audio")
    with pytest.raises(BadInput, match="can be read"):
        dataset.load(folder=tmp_path).generate(request("jazz"), Run())


def test_a_cancelled_job_stops(library: Path) -> None:
    with pytest.raises(Cancelled):
        dataset.load(folder=library).generate(request(), Run(cancelled=lambda: True))


def test_beats_of_a_click_track() -> None:
    for bpm in (84.0, 120.0, 151.0):
        clicks = np.zeros(22_050 * 20, np.float32)
        for t in np.arange(0.3, 19.5, 60 / bpm):
            clicks[round(t * 22_050) :][:200] += np.hanning(200).astype(np.float32) * np.sin(np.arange(200) * 0.4)
        found, times = track_beats(clicks, 22_050)
        assert found == pytest.approx(bpm, rel=0.01)
        assert times[0] == pytest.approx(0.3, abs=0.08)
    assert track_beats(np.zeros(22_050, np.float32), 22_050)[0] == 120.0


def test_stretching_keeps_pitch_and_changes_time() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)[None]
    for speed in (0.75, 1.0, 1.4):
        out = stretch(tone, RATE, speed)
        assert out.shape == (1, round(2 * RATE / speed))
        middle = out[0, RATE // 2 : RATE]
        peak = np.argmax(np.abs(np.fft.rfft(middle * np.hanning(len(middle))))) * RATE / len(middle)
        assert peak == pytest.approx(440, abs=3)
    with pytest.raises(ValueError, match="speed"):
        stretch(tone, RATE, 9.0)


def test_splicing_is_seamless() -> None:
    tone = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE).astype(np.float32)[None]
    count = round(0.02 * RATE)
    joined = splice([tone[:, : 22_050 + count], tone[:, 22_050:]], RATE, 0.02)
    assert joined.shape[1] == RATE
    assert np.abs(joined).max() <= 1.5
