"""`tunesmith analyse`: folders into tables and tags, on real files, in real processes."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app import cli_analyse, folder, sheets
from app.cli import main
from app.settings import ROOT
from models import audio

QUICK = ("--task", "genre", "--task", "tags")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))


@pytest.fixture
def music(tmp_path: Path, clip: Path) -> Path:
    """Two short recordings in different formats, one broken file, and what is no sound."""
    place = tmp_path / "music"
    (place / "deeper").mkdir(parents=True)
    sound, rate = audio.decode(clip, max_seconds=4)
    audio.encode(sound, rate, place / "a.mp3", "mp3", {"title": "Voice", "genre": "folk"})
    audio.encode(sound * 0.5, rate, place / "deeper" / "b.flac", "flac")
    (place / "deeper" / "broken.wav").write_bytes(b"RIFF not really")
    (place / "notes.txt").write_text("skipped")
    (place / ".hidden.mp3").write_bytes(b"skipped")
    return place


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["analyse", *arguments])
    assert result.exit_code == status, result.output
    return result


def beating(path: Path, rate: int = 22_050, seconds: int = 12) -> np.ndarray:
    """(1, samples): the sound of a file, repeated, with a stroke of noise twice a second."""
    voice = np.resize(audio.decode(path, sample_rate=rate, mono=True)[0][0], rate * seconds)
    since = np.arange(rate * seconds) % (rate // 2) / rate
    stroke = np.random.default_rng(0).standard_normal(rate * seconds) * np.exp(-since / 0.02)
    return (0.2 * voice + 0.2 * stroke)[None].astype(np.float32)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_folder_becomes_a_table(music: Path, tmp_path: Path) -> None:
    table, details = tmp_path / "out.csv", tmp_path / "out.json"
    result = run(str(music), *QUICK, "--task", "key", "--csv", str(table), "--json", str(details), status=1)
    assert "2 analysed, 1 failed" in result.stderr
    assert "broken.wav: FAILED" in result.stderr
    rows = rows_of(table)
    assert [Path(row["path"]).name for row in rows] == ["a.mp3", "b.flac", "broken.wav"]
    assert list(rows[0]) == sheets.columns(["genre", "tags", "key"])
    assert float(rows[0]["seconds"]) == pytest.approx(4, abs=0.1)
    assert 0 < float(rows[0]["genre_probability"]) <= 1
    assert rows[0]["tags"].count(";") == 4
    assert rows[2]["error"]
    assert not rows[2]["genre"]
    full = json.loads(details.read_text())
    assert [row["path"] for row in full] == [row["path"] for row in rows]
    assert len(full[0]["tags"]) == 50


def test_standard_output_holds_nothing_but_the_table(music: Path) -> None:
    table = run(str(music), *QUICK, "--csv", "-", status=1).stdout
    assert len(list(csv.reader(table.splitlines()))) == 4
    lines = run(str(music), *QUICK, "--json", "-", status=1).stdout.splitlines()
    assert [Path(json.loads(line)["path"]).name for line in lines] == ["a.mp3", "b.flac", "broken.wav"]


def test_without_a_table_it_is_told_in_words(music: Path) -> None:
    result = run(str(music / "a.mp3"), "--task", "tempo", "--task", "genre")
    assert "genre" in result.stdout
    assert "1 analysed, 0 failed" in result.stderr


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.jsonl"])
def test_resume_does_only_what_is_missing(music: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    option = "--csv" if name.endswith("csv") else "--json"
    run(str(music / "a.mp3"), str(music / "deeper" / "broken.wav"), *QUICK, option, str(out), status=1)
    shutil.copy(music / "a.mp3", music / "deeper" / "broken.wav")  # mended meanwhile: what failed is tried again
    result = run(str(music), *QUICK, option, str(out), "--resume")
    assert "2 analysed, 0 failed, 1 skipped" in result.stderr
    if name.endswith("csv"):
        rows: list[Any] = rows_of(out)
    else:
        text = out.read_text()
        rows = json.loads(text) if name.endswith("json") else [json.loads(line) for line in text.splitlines()]
    assert sorted(Path(row["path"]).name for row in rows) == ["a.mp3", "b.flac", "broken.wav"]
    assert not any(row.get("error") for row in rows)
    # A last line that was cut off by a crash is done again.
    if name != "out.json":
        out.write_bytes(out.read_bytes()[:-30])
        assert "1 analysed, 0 failed, 2 skipped" in run(str(music), *QUICK, option, str(out), "--resume").stderr
    assert "0 analysed, 0 failed, 3 skipped" in run(str(music), *QUICK, option, str(out), "--resume").stderr


def test_several_processes_find_the_same(music: Path, tmp_path: Path) -> None:
    run(str(music), *QUICK, "--csv", str(tmp_path / "one.csv"), status=1)
    run(str(music), *QUICK, "--csv", str(tmp_path / "two.csv"), "--jobs", "2", status=1)
    one, two = (
        sorted(({k: v for k, v in row.items() if k != "elapsed_ms"} for row in rows_of(tmp_path / name)), key=str)
        for name in ("one.csv", "two.csv")
    )
    assert one == two


def _dies_at_b(path: Path, wanted: folder.Wanted) -> sheets.Row:
    if path.name.startswith("b"):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"path": str(path)}


def test_a_process_that_dies_costs_only_its_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "analyse_one", _dies_at_b)
    files = [Path(name) for name in ("a1", "a2", "b", "a3", "a4", "a5")]
    rows = list(folder.analyse_all(files, folder.Wanted(("genre",)), 2, lambda fraction, stage: None))
    assert sorted(row["path"] for row in rows) == ["a1", "a2", "a3", "a4", "a5", "b"]
    assert [row["path"] for row in rows if row.get("error")] == ["b"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_control_c_leaves_a_valid_table(music: Path, tmp_path: Path, jobs: str) -> None:
    for number in range(40):
        shutil.copy(music / "a.mp3", music / f"copy{number}.mp3")
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "app.cli", "analyse", str(music), *QUICK, "--json", str(out), "--jobs", jobs]
    # In a session of its own, so that the signal reaches the children too, as from a terminal.
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has them ignore the signal, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("[3/"):
            os.killpg(process.pid, signal.SIGINT)
            break
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 130
    assert "interrupted" in rest
    assert "Traceback" not in rest
    assert 3 <= len(json.loads(out.read_text())) < 43


def test_an_interrupt_waits_until_it_is_asked_for_and_a_second_one_does_not() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with cli_analyse.Interrupt() as interrupt:
            interrupt.check()
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                interrupt.check()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_tags_are_written_into_the_files(music: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    for name, format in (("a.mp3", "mp3"), ("deeper/b.flac", "flac")):  # with a beat, or there is no tempo to write
        tags = {"title": "Voice", "genre": "folk"} if format == "mp3" else {}
        audio.encode(beating(music / name), 22_050, music / name, format, tags)
    old = audio.decode(music / "a.mp3")[0]
    arguments = [str(music), "--write-tags", "--sure", "0", "--csv", str(out)]
    run(*arguments, status=1)
    rows = {Path(row["path"]).name: row for row in rows_of(out)}
    tags = audio.read_tags(music / "a.mp3")
    assert (tags["title"], tags["genre"]) == ("Voice", "folk")
    assert tags["bpm"] == str(round(float(rows["a.mp3"]["tempo"])))
    assert tags["key"] == rows["a.mp3"]["key"]
    assert rows["b.flac"]["tags_written"].startswith("genre, bpm, key")
    assert audio.read_tags(music / "deeper" / "b.flac")["genre"] == rows["b.flac"]["genre"]
    assert (audio.decode(music / "a.mp3")[0] == old).all()
    run(*arguments, "--overwrite-tags", status=1)
    assert audio.read_tags(music / "a.mp3")["genre"] == rows["a.mp3"]["genre"]


def test_a_genre_that_is_not_sure_is_not_written() -> None:
    answer = {
        "genre": [{"label": "jazz", "probability": 0.49}],
        "tags": [{"label": "sad", "probability": 0.2}, {"label": "rock", "probability": 0.6}],
        "tempo": {"bpm": 119.7, "confidence": 0.5},
        "key": {"tonic": None, "mode": None},
    }
    words = folder.file_tags(answer)
    assert words["bpm"] == 120
    assert str(words["comment"]).startswith("Mood: sad (")
    assert words.keys() == {"bpm", "comment"}
    assert folder.file_tags(answer, sure=0.4)["genre"] == "jazz"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--csv", "-", "--json", "-"], "both"),
        (["--resume"], "--csv FILE"),
        (["--task", "colour"], "genre"),
        (["--sure", "0.3"], "--write-tags"),
    ],
)
def test_wrong_usage_says_what_is_right(music: Path, arguments: list[str], hint: str) -> None:
    assert hint in run(str(music), *arguments, status=2).stderr


def test_a_table_of_other_tasks_is_not_mixed(music: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run(str(music / "a.mp3"), *QUICK, "--csv", str(out))
    before = out.read_bytes()
    assert "other columns" in run(str(music), "--task", "tags", "--csv", str(out), "--resume", status=2).stderr
    assert out.read_bytes() == before


def test_an_empty_folder_is_a_failure(tmp_path: Path) -> None:
    assert "No sound files" in run(str(tmp_path), status=1).stderr
