"""Going on from music in a running studio: what stays, what is new, and that it can be repeated."""

from typing import Any

import pytest

from tests.running import Studio

BEATS = 4  # of a bar
NEAR = 0.02  # quarter notes between two notes that are the same


def made(studio: Studio, **body: Any) -> dict[str, Any]:
    """The job that made a track."""
    status, job = studio.call("POST", "/generate", body)
    assert status == 202, job
    done = studio.wait(job["id"], seconds=180)
    assert done["state"] == "done", done
    return done


def notes(studio: Studio, job: dict[str, Any]) -> dict[str, list[list[float]]]:
    """The notes of each instrument, in order."""
    _, score = studio.call("GET", job["result"]["track"]["links"]["notes"])
    return {part["instrument"]: sorted(part["notes"]) for part in score["parts"]}


def bars(found: list[list[float]], first: int, last: int) -> list[tuple[float, float]]:
    """Onsets and pitches of notes in the inside of bars ``first`` to ``last``, counted from 1."""
    inside = [(onset, pitch) for onset, _, pitch, _ in found if (first - 1) * BEATS + 0.2 < onset < last * BEATS - 0.2]
    return [(round(onset / NEAR) * NEAR, pitch) for onset, pitch in inside]


@pytest.fixture(scope="module")
def first(studio: Studio) -> dict[str, Any]:
    band = ["saxophone", "piano", "bass", "drums"]
    return made(studio, genre="pop", instruments=band, tempo=120, length=20, key="D minor", seed=31)


def test_an_extension_begins_as_the_music_did(studio: Studio, first: dict[str, Any]) -> None:
    track = first["result"]["track"]
    longer = made(studio, source={"task": "extend", "track_id": track["id"]}, length=30, seed=1)
    new = longer["result"]["track"]
    assert (new["length"], new["tempo"], new["key"], new["genre"]) == (30, 120, "D minor", "pop")
    assert new["title"] == f"{track['title']} (extended)"
    assert (new["source"]["words"], new["source"]["track_id"]) == ("Extended from", track["id"])
    before, after = notes(studio, first), notes(studio, longer)
    assert set(before) == set(after)
    for instrument, played in before.items():
        assert bars(played, 1, 6) == bars(after[instrument], 1, 6), instrument
    assert max(onset for onset, *_ in after["bass"]) > max(onset for onset, *_ in before["bass"]) + BEATS


def test_bars_are_written_anew_and_the_rest_stays(studio: Studio, first: dict[str, Any]) -> None:
    track = first["result"]["track"]["id"]
    again = made(studio, source={"task": "infill", "track_id": track, "bars": [3, 4]}, seed=2)
    before, after = notes(studio, first), notes(studio, again)
    assert again["result"]["track"]["length"] == 20
    for instrument, played in before.items():
        assert bars(played, 1, 2) == bars(after[instrument], 1, 2), instrument
        assert bars(played, 5, 8) == bars(after[instrument], 5, 8), instrument
    assert any(bars(played, 3, 4) != bars(after[name], 3, 4) for name, played in before.items())


def test_a_variation_is_other_music_of_the_same_form(studio: Studio, first: dict[str, Any]) -> None:
    track = first["result"]["track"]["id"]
    varied = made(studio, source={"task": "vary", "track_id": track}, tempo=100, seed=3)
    new = varied["result"]["track"]
    assert (new["tempo"], new["length"], new["key"]) == (100, pytest.approx(24), "D minor")
    assert notes(studio, varied)["saxophone"] != notes(studio, first)["saxophone"]


def test_a_midi_file_is_arranged_and_repeated_when_it_is_gone(studio: Studio, first: dict[str, Any]) -> None:
    _, midi, _ = studio.fetch("GET", first["result"]["track"]["links"]["midi"])
    status, score = studio.upload("/scores", midi, name="Lamp.mid")
    assert status == 201, score
    assert {part["instrument"] for part in score["parts"]} == {"saxophone", "piano", "bass", "drums"}
    band = ["flute", "guitar", "bass"]
    body = {"genre": "reggae", "instruments": band, "seed": 4, "source": {"task": "arrange", "score_id": score["id"]}}
    job = made(studio, **body)
    new = job["result"]["track"]
    assert set(new["instruments"]) == set(band)
    assert (new["title"], new["source"]["score_id"]) == ("Lamp (Reggae)", score["id"])
    tune, sung = notes(studio, first)["saxophone"], notes(studio, job)["flute"]
    assert [pitch % 12 for _, pitch in bars(tune, 1, 6)] == [pitch % 12 for _, pitch in bars(sung, 1, 6)]
    assert studio.fetch("DELETE", f"/scores/{score['id']}")[0] == 204
    _, _, headers = studio.fetch("GET", f"/j/{job['id']}")
    status, _, _ = studio.fetch("POST", f"/j/{job['id']}/retry", b"", {"Accept": "text/html"})
    assert status == 200, headers
    _, listed = studio.call("GET", "/jobs?kind=generate&page_size=1")
    again = studio.wait(listed["jobs"][0]["id"], seconds=180)
    assert again["id"] != job["id"]
    files = [studio.fetch("GET", row["result"]["track"]["links"]["midi"])[1] for row in (job, again)]
    assert files[0] == files[1]
