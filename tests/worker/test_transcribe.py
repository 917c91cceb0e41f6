"""Voices of a running studio: audio of exactly their length, MIDI, sheet music, and notes that are edited."""

import io
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import pairwise
from typing import Any

import music21
import numpy as np
import pytest
import soundfile

from models.composer import smf
from models.dsp.voice_tones import voice_like
from tests.conftest import CLIPS
from tests.running import Studio

SINGER = CLIPS / "vocadito_10.flac"


def transcribed(studio: Studio, sound: Any, name: str = "voice.wav", **fields: str) -> dict[str, Any]:
    status, job = studio.upload("/transcribe?wait=10", sound, name, **fields)
    assert status in (200, 202), job
    done = job if status == 200 else studio.wait(job["id"])
    assert done["state"] == "done", done
    result: dict[str, Any] = done["result"]
    return result


def wav(samples: np.ndarray, rate: int, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def sound(studio: Studio, link: str) -> tuple[np.ndarray, int]:
    status, data, _ = studio.fetch("GET", link)
    assert status == 200
    return soundfile.read(io.BytesIO(data), dtype="float32")


def test_a_voice_becomes_piano(studio: Studio) -> None:
    result = transcribed(studio, SINGER, "Lied am Fenster.flac")
    track, notes = result["track"], result["notes"]
    assert (track["mode"], track["kept"], track["title"]) == ("hum", False, "Lied am Fenster")
    assert track["instruments"] == ["piano"]
    assert 15 < len(notes) < 40
    assert set(notes[0]) == {"onset", "offset", "midi", "velocity", "pitch", "confidence", "from"}
    assert all(b["onset"] >= a["offset"] - 1e-3 for a, b in pairwise(notes))
    assert result["tempo"]["bpm"] == pytest.approx(track["tempo"], abs=0.01)
    assert result["key"]["name"] == track["key"]
    heard = studio.call("GET", track["links"]["transcription"])[1]
    assert heard["seconds"] == track["length"]
    assert len(heard["curve"]) == len(heard["level"]) == pytest.approx(heard["seconds"] / heard["hop"], abs=2)
    assert len(heard["heard"]) == len(notes)
    piano, _ = sound(studio, track["links"]["wav"])
    voice, _ = sound(studio, track["links"]["voice"].replace("mp3", "wav"))
    original, _ = soundfile.read(SINGER)
    assert len(piano) == len(voice) == len(original)
    # It sounds where notes are, and not before the first one.
    assert np.abs(piano[: int((notes[0]["onset"] - 0.02) * 44_100)]).max() < 1e-3
    for note in notes[:5]:
        struck = piano[int(note["onset"] * 44_100) :][:4410]
        assert np.abs(struck).max() > 0.02


@pytest.mark.parametrize(
    ("rate", "seconds"), [(8_000, 0.5), (11_025, 1.3), (22_050, 2.0), (44_100, 3.3), (48_000, 0.77), (96_000, 1.9)]
)
def test_the_piano_is_as_long_as_the_voice_to_the_sample(studio: Studio, rate: int, seconds: float) -> None:
    samples = round(seconds * rate) + 1
    tone = voice_like(60, samples / rate, rate)
    track = transcribed(studio, wav(tone, rate))["track"]
    status, data, _ = studio.fetch("GET", track["links"]["wav"])
    info = soundfile.info(io.BytesIO(data))
    assert status == 200
    assert Fraction(info.frames, info.samplerate) == Fraction(len(tone), rate)
    assert info.samplerate >= 44_100


def test_what_is_no_voice_gets_a_valid_empty_answer(studio: Studio) -> None:
    rng = np.random.default_rng(0)
    for samples in (np.zeros(44_100), 0.1 * rng.standard_normal(44_100)):
        result = transcribed(studio, wav(samples, 44_100))
        assert result["notes"] == []
        assert result["notices"]
        assert result["track"]["notice"]
        piano, _ = sound(studio, result["track"]["links"]["wav"])
        assert len(piano) == 44_100
        assert not piano.any()
        for link in ("midi", "score", "sheet", "form", "mp3", "notes"):
            assert studio.fetch("GET", result["track"]["links"][link])[0] == 200, link


def test_quantised_notes_have_a_constant_tempo_and_the_score_says_the_same(studio: Studio) -> None:
    result = transcribed(studio, SINGER, quantize="1/8")
    track, bpm = result["track"], result["tempo"]["bpm"]
    _, data, _ = studio.fetch("GET", track["links"]["midi"])
    song = smf.read(data)
    assert [tempo for _, tempo in song.tempos] == pytest.approx([bpm], rel=1e-3)
    struck = sorted((onset, key) for onset, _, key, _ in song.voices[0].notes)
    eighth = song.per_quarter / 2
    assert [note["midi"] for note in result["notes"]] == [key for _, key in struck]
    assert all(abs(tick / eighth - round(tick / eighth)) < 0.01 for tick, _ in struck)
    gaps = np.diff([tick for tick, _ in struck]) / song.per_quarter * 60 / bpm
    assert gaps == pytest.approx(np.diff([note["onset"] for note in result["notes"]]), abs=2e-3)
    _, xml, _ = studio.fetch("GET", track["links"]["score"])
    read = music21.converter.parse(xml, format="musicxml").flatten().stripTies().notes
    beats = [round((note["onset"] - result["notes"][0]["onset"]) * bpm / 60 * 2) / 2 for note in result["notes"]]
    lengths = [round((note["offset"] - note["onset"]) * bpm / 60 * 2) / 2 for note in result["notes"]]
    assert [note.pitch.midi for note in read] == [note["midi"] for note in result["notes"]]
    assert [float(note.offset - read[0].offset) for note in read] == beats
    assert [float(note.quarterLength) for note in read] == lengths


def test_notes_are_edited_and_played_anew(studio: Studio) -> None:
    first = transcribed(studio, SINGER)
    heard = studio.call("GET", first["track"]["links"]["transcription"])[1]["heard"]
    edited = [heard[0] | {"midi": 72}, *heard[2:]]
    body = {"heard": edited, "settings": {"instrument": "flute"}, "title": "Other"}
    path = f"/tracks/{first['track']['id']}/transcription"
    status, job = studio.call("POST", f"{path}?wait=10", body)
    assert status in (200, 202)
    done = job if status == 200 else studio.wait(job["id"])
    assert "heard" not in done["params"]  # a list of jobs would be long with all notes in it
    result = done["result"]
    track = result["track"]
    assert (track["title"], track["instruments"]) == ("Other", ["flute"])
    assert len(result["notes"]) == len(edited)
    again = studio.call("GET", track["links"]["transcription"])[1]
    assert again["heard"][0]["midi"] == 72
    assert again["curve"] == studio.call("GET", first["track"]["links"]["transcription"])[1]["curve"]
    assert len(sound(studio, track["links"]["wav"])[0]) == len(sound(studio, first["track"]["links"]["wav"])[0])
    # The edited one can be edited again, and needs the first one no more.
    assert studio.call("DELETE", first["track"]["links"]["self"])[0] == 204
    assert studio.call("POST", f"/tracks/{track['id']}/transcription?wait=10", {"heard": edited[:3]})[0] in (200, 202)


def test_it_is_kept_and_its_song_is_made(studio: Studio) -> None:
    track = transcribed(studio, SINGER, quantize="1/8")["track"]
    assert studio.call("PATCH", track["links"]["self"], {"kept": True})[0] == 200
    listed = studio.call("GET", "/tracks?mode=hum&page_size=100")[1]["tracks"]
    assert track["id"] in {row["id"] for row in listed}
    for page in (f"/t/{track['id']}", f"/t/{track['id']}?fragment=1", "/library"):
        assert studio.fetch("GET", page)[0] == 200, page
    assert studio.fetch("POST", f"/t/{track['id']}/again", b"")[0] == 422
    body = {"genre": "pop", "source": {"task": "arrange", "track_id": track["id"]}, "seed": 3}
    status, job = studio.call("POST", "/generate", body)
    assert status == 202, job
    song = studio.wait(job["id"])["result"]["track"]
    assert len(song["instruments"]) > 2
    tune = studio.call("GET", song["links"]["notes"])[1]["parts"]
    sung = studio.call("GET", track["links"]["notes"])[1]["parts"][0]["notes"]
    lead = next(part for part in tune if part["role"] == "melody")["notes"]
    # The last note may become the final chord's.
    classes = [note[2] % 12 for note in sung][:-1]
    assert [note[2] % 12 for note in lead][: len(classes)] == classes


def test_several_voices_at_once(studio: Studio) -> None:
    tones = sum(voice_like(key, 2.0, 44_100) for key in (60, 64, 67))
    result = transcribed(studio, wav(tones / 2, 44_100), kind="polyphonic")
    assert {60, 64, 67} <= {note["midi"] for note in result["notes"]}
    heard = studio.call("GET", result["track"]["links"]["transcription"])[1]
    assert set(heard["curve"]) == {None}


def test_sheets_of_any_score(studio: Studio) -> None:
    track = transcribed(studio, SINGER)["track"]
    status, data, headers = studio.fetch("GET", track["links"]["sheet"] + "&download=1")
    assert status == 200
    assert headers["content-type"].startswith("image/svg+xml")
    assert headers["sheet-pages"] == "1"
    assert "attachment" in headers["content-disposition"]
    assert ET.fromstring(data).tag.endswith("svg")
    assert studio.fetch("GET", track["links"]["sheet"], headers={"If-None-Match": headers["etag"]})[0] == 304
    assert studio.fetch("GET", f"/tracks/{track['id']}/sheet.svg?page=7")[0] == 404
