"""Single notes of a running studio."""

import io
from typing import Any

import numpy as np
import soundfile

from models.evaluation.note_pitch import cents, note_hertz
from tests.running import Studio

ASKED = {"family": "reed", "source": "acoustic", "pitch": "A4", "velocity": 110, "seed": 12}


def note(studio: Studio, **changes: Any) -> dict[str, Any]:
    status, job = studio.call("POST", "/notes?wait=10", ASKED | changes)
    done = job if status == 200 else studio.wait(job["id"])
    assert done["state"] == "done", done
    made: dict[str, Any] = done["result"]["track"]
    assert done["checkpoint"]
    return made


def sound(studio: Studio, track: dict[str, Any], name: str = "wav") -> tuple[Any, int]:
    status, data, _ = studio.fetch("GET", track["links"][name])
    assert status == 200
    return soundfile.read(io.BytesIO(data))


def test_a_note_is_heard_in_tune_and_the_same_each_time(studio: Studio) -> None:
    track = note(studio)
    wave, rate = sound(studio, track)
    assert (wave.shape, rate) == ((64_000,), 16_000)
    hertz = note_hertz(wave)
    assert hertz is not None
    assert abs(cents(hertz, 69)) < 15
    again = sound(studio, note(studio))[0]
    assert np.array_equal(wave, again)
    other = sound(studio, note(studio, seed=13))[0]
    assert not np.array_equal(wave, other)
    soft = sound(studio, note(studio, velocity=40))[0]
    assert np.abs(soft).max() < 0.5 * np.abs(wave).max()


def test_it_is_forgotten_unless_it_is_kept(studio: Studio) -> None:
    track = note(studio, seed=14)
    assert not track["kept"]
    listed = studio.call("GET", "/tracks?mode=note&page_size=100")[1]["tracks"]
    assert track["id"] not in {row["id"] for row in listed}
    assert studio.call("PATCH", f"/tracks/{track['id']}", {"kept": True})[0] == 200
    listed = studio.call("GET", "/tracks?mode=note&page_size=100")[1]["tracks"]
    assert track["id"] in {row["id"] for row in listed}
    # It has all that a track has, but nothing to make again from.
    for name in ("mp3", "flac", "ogg"):
        assert len(sound(studio, track, name)[0]) >= 64_000
    for link in ("peaks", "spectrogram"):
        assert studio.fetch("GET", track["links"][link])[0] == 200
    page = studio.fetch("GET", f"/t/{track['id']}")[1].decode()
    assert "/notes?family=reed" in page
    assert "Again with a new seed" not in page
    assert studio.call("DELETE", f"/tracks/{track['id']}")[0] in (200, 204)
