"""The earlier system's API over real files: what is found, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import checkpoint
from models.similarity import extract, index, published, recommend
from models.similarity.recommender import MusicRecommender, model
from models.spec import BadInput
from tests.training import tones

SIMCLR = checkpoint.find("simclr")


def write(path: Path, genre: str, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tones.tone(genre, True, number), tones.SAMPLE_RATE)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Songs whose names are easily mixed up, two files that are no songs, and one that says nothing."""
    folder = tmp_path_factory.mktemp("music")
    for number, name in enumerate(("007.wav", "7.flac", "low/b.wav", "low/b.ogg")):
        write(folder / name, "jazz", number)
    for number, name in enumerate(("high/01. ü.wav", "high/02.FLAC")):
        write(folder / name, "rock", number)
    (folder / "broken.mp3").write_bytes(b"no music")
    (folder / "cover.jpg").write_bytes(b"no music either")
    write(folder / ".hidden.wav", "jazz", 9)
    soundfile.write(folder / "silent.wav", np.zeros(50_000), 22_050)
    return folder


@pytest.fixture(scope="module")
def database(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("database")
    done = extract.extract(SIMCLR, music, folder)
    assert done.count == 6
    assert {path.name for path in done.unreadable} == {"broken.mp3", "silent.wav"}
    return folder


@pytest.fixture(scope="module")
def recommender(database: Path) -> MusicRecommender:
    return MusicRecommender(str(SIMCLR), str(database))


def test_ids_are_the_paths_without_suffixes_unless_these_tell_files_apart(recommender: MusicRecommender) -> None:
    version = recommender.version
    ids = {version.id(number) for number in range(len(version.ids))}
    assert ids == {"007", "7", "low/b.wav", "low/b.ogg", "high/01. ü", "high/02"}
    assert version.about["embedder"] == "simclr"
    assert version.about["checkpoint"] == SIMCLR.stem.removeprefix("simclr-")


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["a.wav", "b/a.wav"], ["a", "b/a"]),
        (["a.wav", "a.mp3", "a.mp3.wav"], ["a.mp3", "a.mp3.wav", "a.wav"]),
        (["0001.wav", "1.wav"], ["0001", "1"]),
        (["a.txt"], []),
    ],
)
def test_every_song_has_an_id_of_its_own(tmp_path: Path, names: list[str], ids: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = extract.songs(tmp_path)
    assert list(found) == ids
    assert len(set(found.values())) == len(ids)


def test_a_song_of_the_database_finds_the_others_best_first(recommender: MusicRecommender) -> None:
    for song in ("007", "7"):
        found = recommender.recommend(song, top_k=10)
        assert len(found) == 5
        assert song not in dict(found)
        scores = [score for _, score in found]
        assert scores == sorted(scores, reverse=True)
        assert {id.split("/")[0] for id, _ in found[-2:]} == {"high"}
        assert recommender.recommend(song, 2) == found[:2]
        own, other = (recommender.version.number(id) for id in (song, found[0][0]))
        both = index.at(recommender.version.index, np.array([own, other]))
        assert found[0][1] == pytest.approx(both[0] @ both[1], abs=1e-5)


def test_a_file_finds_itself_and_an_id_goes_before_a_file(
    recommender: MusicRecommender, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (best, score), *_ = recommender.recommend(music / "high" / "02.FLAC", 3)
    assert best == "high/02"
    assert score == pytest.approx(1, abs=1e-4)
    shutil.copyfile(music / "high" / "02.FLAC", tmp_path / "007")
    monkeypatch.chdir(tmp_path)
    assert "007" not in dict(recommender.recommend("007", 10))
    assert recommender.recommend(Path("./007").absolute(), 1)[0][0] == "high/02"


def test_what_cannot_be_asked(recommender: MusicRecommender, music: Path) -> None:
    with pytest.raises(ValueError, match="top_k is 0"):
        recommender.recommend("007", 0)
    with pytest.raises(FileNotFoundError, match="'07' is neither an id"):
        recommender.recommend("07", 5)
    for name in ("broken.mp3", "silent.wav"):
        with pytest.raises(BadInput):
            recommender.recommend(music / name, 5)


def test_a_database_must_be_there_and_of_the_same_checkpoint(database: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no database"):
        MusicRecommender(SIMCLR, tmp_path)
    with pytest.raises(ValueError, match=r"made by simclr with checkpoint .*, not by musicnn with"):
        MusicRecommender("musicnn", database)


def test_models_are_names_or_checkpoint_files(tmp_path: Path) -> None:
    assert model("simclr").hash == model(SIMCLR).hash == SIMCLR.stem.removeprefix("simclr-")
    assert model().hash == checkpoint.find("projection").stem.removeprefix("projection-")
    copy = shutil.copyfile(SIMCLR, tmp_path / SIMCLR.name)
    assert model(copy).hash == model(SIMCLR).hash
    with pytest.raises(FileNotFoundError, match=r"neither a checkpoint file nor an embedder \(.*musicnn, "):
        model(tmp_path / "simclr-00000000.pt")
    with pytest.raises(ValueError, match="is not a SimCLR checkpoint"):
        model(checkpoint.find("projection"))
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(checkpoint.CheckpointError, match="damaged"):
        model(copy)


def test_nothing_readable_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    music, database = tmp_path / "music", tmp_path / "database"
    music.mkdir()
    with pytest.raises(FileNotFoundError, match="no sound files"):
        extract.extract(SIMCLR, music, database)
    (music / "a.wav").write_bytes(b"nothing")
    assert extract.extract(SIMCLR, music, database).version is None
    assert published.current(database) is None


def test_the_commands(music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = str(tmp_path / "database")
    with pytest.raises(SystemExit) as ended:
        extract.main(["--model_path", str(SIMCLR), "--music", str(music), "--embeddings_db", database])
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert out.startswith(f"6 songs in {database}, 2 files not readable.\n")
    assert "broken.mp3: " in out
    asked = ["--model_path", str(SIMCLR), "--embeddings_db", database, "--top_k", "3"]
    recommend.main([*asked, "--query_song", "7"])
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [rank for rank, _, _ in rows] == ["1", "2", "3"]
    assert float(rows[0][2]) >= float(rows[1][2])
    for wrong, says in ((["--query_song", "no"], "neither an id"), (["--query_song", "7", "--top_k", "0"], "top_k")):
        with pytest.raises(SystemExit, match=says):
            recommend.main([*asked, *wrong])
