"""The library of a running studio: imported, analysed by its workers, searched by sound and by words."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.settings import ROOT
from models import audio
from tests.running import Studio, start_studio, stop_studio

SECONDS = 6.0
PER_GENRE = 3
TAKEN = ("jazz", "metal", "classical", "disco")
FILES, BAD = 1000, 30


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Excerpts of the starter library by genre, among them one that is no sound and one that is there twice."""
    folder = tmp_path_factory.mktemp("music")
    for genre in TAKEN:
        (folder / genre).mkdir()
        for path in sorted((ROOT / "genres" / genre).glob("*.opus"))[:PER_GENRE]:
            sound, rate = audio.decode(path, max_seconds=SECONDS)
            audio.encode(sound, rate, folder / genre / f"{path.stem}.flac", "flac", {"title": f"{genre} {path.stem}"})
    shutil.copy(folder / "jazz" / "jazz-01.flac", folder / "again.flac")
    (folder / "broken.mp3").write_bytes(b"this is no sound")
    return folder


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, music: Path) -> Iterator[Studio]:
    running = start_studio(
        tmp_path_factory.mktemp("library") / "var", env={"ANALYSE_LIBRARY": "true", "IMPORT_FOLDERS": str(music)}
    )
    yield running
    stop_studio(running)


@pytest.fixture(scope="module")
def imported(studio: Studio, music: Path) -> dict[str, Any]:
    """The result of importing the folder."""
    status, job = studio.call("POST", "/imports", {"folder": str(music)})
    assert status == 202, job
    done = studio.wait(job["id"])
    assert done["state"] == "done", done
    return {**done["result"], "id": job["id"]}


@pytest.fixture(scope="module")
def tracks(studio: Studio, imported: dict[str, Any]) -> list[dict[str, Any]]:
    """The library once all of it is analysed."""

    def analysed(row: dict[str, Any]) -> bool:
        _, jobs = studio.call("GET", "/jobs?kind=study&page_size=1")
        latest = jobs["jobs"][0] if jobs["jobs"] else {}
        return bool(latest.get("state") == "done" and latest["result"]["left"] == 0)

    studio.wait(imported["id"], analysed)
    rows: list[dict[str, Any]] = studio.call("GET", "/tracks?page_size=100&sort=title")[1]["tracks"]
    return rows


def test_each_file_has_an_outcome(studio: Studio, imported: dict[str, Any]) -> None:
    assert (imported["files"], imported["added"], imported["known"], imported["refused"]) == (14, 12, 1, 1)
    assert [row["file"] for row in imported["refused_files"]] == ["broken.mp3"]
    _, listed = studio.call("GET", f"/imports/{imported['id']}/files")
    outcomes = {row["file"]: row for row in listed["files"]}
    assert listed["total"] == 14
    assert "not audio" in outcomes["broken.mp3"]["error"]
    # again.flac comes first by name, so jazz-01 is the one that is known
    assert outcomes["jazz/jazz-01.flac"]["known"]
    assert outcomes["jazz/jazz-01.flac"]["track_id"] == outcomes["again.flac"]["track_id"]


def test_the_same_folder_again_adds_nothing(studio: Studio, music: Path, imported: dict[str, Any]) -> None:
    _, job = studio.call("POST", "/imports", {"folder": str(music)})
    result = studio.wait(job["id"])["result"]
    assert (result["added"], result["known"], result["refused"]) == (0, 13, 1)
    assert studio.call("GET", "/tracks")[1]["total"] == 12


def test_only_named_folders_may_be_imported(studio: Studio, music: Path) -> None:
    for folder in ("/", str(music.parent), str(music / ".." / ".."), "/etc"):
        assert studio.call("POST", "/imports", {"folder": folder})[0] == 403
    assert studio.call("POST", "/imports", {"folder": str(music / "nowhere")})[0] == 422
    assert studio.call("GET", "/imports/nothing/files")[0] == 404


def test_tracks_are_analysed_by_themselves(tracks: list[dict[str, Any]]) -> None:
    assert len(tracks) == 12
    for track in tracks:
        assert {"genre", "tags", "tempo", "key", "source"} <= set(track["analysis"])
        assert track["analysis"]["tempo"]["bpm"] == track["tempo"]
    assert sum(track["key"] is not None for track in tracks) > 6  # of some the key is not heard
    assert tracks[0]["title"].startswith("classical classical-0")  # as the file's own tags have it
    assert {track["genre"] for track in tracks} - {None} <= set(TAKEN) | {"jazz"}


def test_similar_sound_is_found_and_explained(studio: Studio, tracks: list[dict[str, Any]]) -> None:
    metal = next(track for track in tracks if track["title"].startswith("metal"))
    status, answer = studio.call("GET", f"/tracks/{metal['id']}/similar?k=11")
    assert status == 200
    titles = [row["track"]["title"].split()[0] for row in answer["neighbours"]]
    assert titles[0] == "metal"
    assert len(titles) == 11
    assert titles.index("classical") > 1
    assert answer["neighbours"][0]["why"]["words"]
    for embedder in ("simclr", "tags"):
        _, other = studio.call("GET", f"/tracks/{metal['id']}/similar?embedder={embedder}")
        assert other["neighbours"][0]["track"]["title"].startswith("metal"), embedder


def test_a_file_finds_its_like(studio: Studio, music: Path, tracks: list[dict[str, Any]], tmp_path: Path) -> None:
    status, job = studio.upload("/recommend?wait=10", music / "metal" / "metal-01.flac", k="3")
    assert status == 200, job
    assert job["state"] == "done"
    assert job["result"]["neighbours"][0]["track"]["title"].startswith("metal")
    assert studio.call("GET", "/tracks")[1]["total"] == 12  # a query does not stay in the library
    status, job = studio.upload("/recommend?wait=10", b"no sound", k="3")
    assert status == 422
    soundfile.write(tmp_path / "silence.wav", np.zeros(8000), 8000)
    status, job = studio.upload("/recommend?wait=10", tmp_path / "silence.wav")
    assert (status, job["state"], job["result"]["neighbours"]) == (200, "done", [])
    assert "silent" in job["result"]["notice"]


@pytest.mark.parametrize(
    ("asked", "genre"),
    [
        ({"text": "heavy metal"}, "metal"),
        ({"text": "calm classical piano, no drums"}, "classical"),
        ({"tags": ["jazz", "instrumental"]}, "jazz"),
    ],
)
def test_words_find_music(studio: Studio, tracks: list[dict[str, Any]], asked: dict[str, Any], genre: str) -> None:
    status, job = studio.call("POST", "/recommend?wait=10", asked | {"k": 4})
    assert status == 200, job
    found = [row["track"]["title"].split()[0] for row in job["result"]["neighbours"]]
    assert found[0] == genre
    assert len(found) == 4


def test_attributes_find_sounds(studio: Studio, tracks: list[dict[str, Any]]) -> None:
    body = {"qualities": ["percussive"], "source": "acoustic", "velocity": "high", "filters": {"genre": "jazz"}}
    status, job = studio.call("POST", "/recommend?wait=10", body)
    assert status == 200, job
    rows = job["result"]["neighbours"]
    assert rows
    assert {row["track"]["genre"] for row in rows} == {"jazz"}
    assert all(-1 <= row["score"] <= 1 for row in rows)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "file"),
        ({"text": "xyzzy"}, "text"),
        ({"text": "piano", "track_id": "x"}, "file"),
        ({"qualities": ["loud"]}, "qualities.0"),
        ({"velocity": 0}, "velocity"),
        ({"text": "piano", "embedder": "ears"}, "embedder"),
        ({"text": "piano", "filters": {"colour": "red"}}, "filters.colour"),
        ({"text": "piano", "nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_asked_wrongly_is_named(studio: Studio, asked: dict[str, Any], field: str) -> None:
    status, answer = studio.call("POST", "/recommend", asked)
    assert (status, answer["error"]["field"]) == (422, field)


def test_the_map_is_drawn(studio: Studio, tracks: list[dict[str, Any]]) -> None:
    _, found = studio.call("GET", "/map")
    assert sorted(found["ids"]) == sorted(track["id"] for track in tracks)
    assert found["waiting"] == 0


def test_a_killed_import_goes_on_and_names_every_bad_file(tmp_path: Path) -> None:
    music, rng = tmp_path / "music", np.random.default_rng(0)
    music.mkdir()
    bad = {f"{number:04d}.wav" for number in range(7, FILES, FILES // BAD)}
    bad = set(sorted(bad)[:BAD])
    for number in range(FILES):
        path = music / f"{number:04d}.wav"
        if path.name in bad:
            path.write_bytes(b"RIFF" + bytes(number % 50))
        else:
            soundfile.write(path, 0.1 * rng.standard_normal(400), 8000)
    env = {"IMPORT_FOLDERS": str(music), "LEASE_SECONDS": "2", "RECOVER_SECONDS": "1"}
    first = start_studio(tmp_path / "var", env=env)
    try:
        _, job = first.call("POST", "/imports", {"folder": str(music)})
        first.wait(job["id"], lambda row: row["progress"] > 0.3)
        os.kill(first.process.pid, signal.SIGKILL)  # everything that it started ends with it
        first.process.wait(20)
    finally:
        stop_studio(first)
    second = start_studio(tmp_path / "var", env=env)
    try:
        done = second.wait(job["id"], seconds=120)
        assert done["state"] == "done", done
        assert done["attempts"] == 2
        result = done["result"]
        assert (result["files"], result["added"], result["known"], result["refused"]) == (FILES, FILES - BAD, 0, BAD)
        assert {row["file"] for row in result["refused_files"]} == bad
        assert second.call("GET", "/tracks")[1]["total"] == FILES - BAD
    finally:
        stop_studio(second)
