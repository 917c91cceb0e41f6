"""The command line works with no server running."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from app.cli import main
from app.context import Context
from app.settings import load
from models import audio, outside
from models.composer.render import voices
from models.similarity import published
from tests.app.shelved import add, places
from tests.composer.banks import renumbered
from tests.conftest import CLIPS
from tests.generators import music_server


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == status, result.output
    return result.output


def test_generate_writes_a_track(tmp_path: Path) -> None:
    path = tmp_path / "out" / "track.wav"
    text = run(
        "generate", "--genre", "reggae", "--length", "3", "--seed", "5", "--tempo", "slow", "-o", str(path), "--json"
    )
    made = json.loads(text)
    assert (made["tempo"], made["seed"], made["genre"]) == (70, 5, "reggae")
    assert soundfile.info(path).frames == 3 * 44_100
    assert audio.read_tags(path)["title"] == made["title"]


def test_an_outside_model_is_asked_and_its_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "track.wav"
    asked = ("generate", "--genre", "jazz", "--length", "4", "--mode", "api", "-o", str(path))
    assert "MUSIC_API_URL" in run(*asked, status=2)
    with music_server.running() as server:
        monkeypatch.setenv("MUSIC_API_URL", f"{server.url}/sound")
        run(*asked)
        assert soundfile.info(path).frames == 4 * 44_100
        assert "generator api: ready" in " ".join(run("doctor").split())
        monkeypatch.setenv("MUSIC_API_URL", f"{server.url}/unauthorized")
        assert "does not accept the key" in run(*asked, status=1)
    outside.configure(None)


def test_scores_are_played_from_the_soundfont_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def heard(name: str) -> np.ndarray:
        path = tmp_path / name
        run(
            "generate",
            "--genre",
            "classical",
            "--instruments",
            "piano",
            "--length",
            "3",
            "--seed",
            "1",
            "-o",
            str(path),
        )
        return soundfile.read(path)[0][:, 0]

    ours = heard("ours.wav")
    flute = renumbered(tmp_path / "flute-for-piano.sf3", {(0, 0): 73, (0, 73): 0})
    monkeypatch.setenv("SOUNDFONT_PATH", str(flute))
    try:
        assert np.corrcoef(ours, heard("flute.wav"))[0, 1] < 0.5
    finally:
        voices.use(voices.SOUNDFONT)


@pytest.mark.parametrize(("suffix", "magic"), [("mp3", b"ID3"), ("flac", b"fLaC"), ("ogg", b"OggS"), ("mid", b"MThd")])
def test_the_suffix_chooses_the_format(tmp_path: Path, suffix: str, magic: bytes) -> None:
    path = tmp_path / f"track.{suffix}"
    run("generate", "--genre", "pop", "--length", "1", "-o", str(path))
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--genre", "polka"], "reggae"),
        (["--genre", "jazz", "--instruments", "kazoo"], "piano"),
        (["--genre", "jazz", "--tempo", "brisk"], "very_fast"),
        (["--genre", "jazz", "-o", "track.xyz"], ".flac"),
        (["--genre", "jazz", "--option", "loudness"], "NAME=VALUE"),
        (["--genre", "jazz", "--mode", "telepathy"], "compose"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_right(arguments: list[str], hint: str) -> None:
    assert hint in run("generate", *arguments, status=2)


def test_import_names_every_file(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "blues"
    folder.mkdir()
    (folder / "good.flac").write_bytes(clip.read_bytes())
    (folder / "bad.wav").write_bytes(b"not audio")
    (folder / "notes.txt").write_text("skipped")
    rows = [json.loads(line) for line in run("import", str(folder), "--json", status=1).splitlines()]
    assert [Path(row["file"]).name for row in rows] == ["bad.wav", "good.flac"]
    assert "error" in rows[0]
    assert len(rows[1]["track"]) == 16
    again = run("import", str(folder), status=1)
    assert "0 added, 1 refused, 1 were there already" in again


def test_reindex_publishes_what_the_database_holds(tmp_path: Path) -> None:
    assert "musicnn: 0 tracks" in run("reindex", "--map")
    settings = load()
    context = Context.open(settings)
    add(context, places(50), ("musicnn", "tags"))
    context.close()
    said = run("reindex", "--map")
    assert "musicnn: 50 tracks" in said
    assert "simclr: 0 tracks" in said
    assert "map: 50 tracks got a place" in said
    for embedder, count in (("musicnn", 50), ("tags", 50), ("simclr", 0)):
        version = published.open_version(settings.index_dir / embedder)
        assert version is not None
        assert version.about["count"] == count


def test_classify_prints_genre_and_tags(clip: Path, tmp_path: Path) -> None:
    answer = json.loads(run("classify", str(clip), "--task", "genre", "--task", "tags", "--json"))
    assert sum(row["probability"] for row in answer["genre"]) == pytest.approx(1, abs=1e-3)
    assert len(answer["tags"]) == 50
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"not audio")
    assert "bad.wav" in run("classify", str(bad), "--json", status=1)
    assert "genre" in run("classify", str(clip), "--task", "colour", status=2)


def test_transcribe_writes_what_is_asked(tmp_path: Path) -> None:
    voice = CLIPS / "vocadito_10.flac"
    targets = [tmp_path / f"tune{suffix}" for suffix in (".mid", ".musicxml", ".svg", ".wav", ".json")]
    outputs = [part for target in targets for part in ("-o", str(target))]
    told = json.loads(run("transcribe", str(voice), *outputs, "--quantize", "1/8", "--instrument", "flute", "--json"))
    assert len(told["notes"]) > 15
    assert json.loads(targets[4].read_text())["notes"] == told["notes"]
    assert targets[0].read_bytes().startswith(b"MThd")
    assert b"score-partwise" in targets[1].read_bytes()
    assert targets[2].read_text().startswith("<svg")
    assert soundfile.info(targets[3]).frames == soundfile.info(voice).frames
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    assert "broken.wav" in run("transcribe", str(broken), status=1)
    assert "There is no 'kazoo'" in run("transcribe", str(voice), "--instrument", "kazoo", status=2)
    assert "must end in" in run("transcribe", str(voice), "-o", "tune.xyz", status=2)


def test_doctor_finds_a_healthy_installation() -> None:
    rows = json.loads(run("doctor", "--json"))
    assert {row["what"] for row in rows} >= {"database", "storage", "disk", "generator compose", "classifier genre"}
    assert all(row["state"] != "bad" for row in rows)


def test_help_tells_of_every_command() -> None:
    text = run("--help")
    for name in ("serve", "generate", "classify", "import", "doctor"):
        assert name in text
