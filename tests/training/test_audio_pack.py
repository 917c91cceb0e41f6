"""The pack of the neural audio models: artists on one side only, pieces composed, crops drawn."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.training import audio_pack
from models.training.audio_pack import SAMPLE_RATE, Crops, artist_splits
from models.vocabulary import GENRES


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder such as GTZAN's: for two genres eight artists with a tone of two seconds each."""
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for genre in ("jazz", "rock"):
        (folder / genre).mkdir()
        for number in range(8):
            time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
            name = f"{genre}/{genre}.{number}.ogg"
            soundfile.write(folder / name, 0.5 * np.sin(2 * np.pi * (200 + 50 * number) * time), SAMPLE_RATE)
            rows.append([name, genre, f"artist {number} of {genre}", "2.0"])
    with (folder / "gtzan.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "genre", "artist", "seconds"], *rows])
    return folder


@pytest.fixture(scope="module")
def pack(data: Path, tmp_path_factory: pytest.TempPathFactory) -> audio_pack.Pack:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio_pack, "PIECES", 2)
        patch.setattr(audio_pack, "PIECE_SECONDS", 3.0)
        patch.setattr(audio_pack, "GENRES", ("jazz",))
        out = tmp_path_factory.mktemp("pack")
        audio_pack.build(data, out, seed=0, jobs=1)
    return audio_pack.load(out)


def test_a_pack_holds_recordings_and_pieces_of_the_composer(pack: audio_pack.Pack) -> None:
    assert len(pack.sounds) == 16 + 2
    played = [sound for sound in pack.sounds if not sound.recorded]
    assert [(sound.genre, sound.seconds) for sound in played] == [("jazz", 3.0)] * 2
    for number in range(len(pack.sounds)):
        audio = pack.audio(number)
        assert len(audio) == round(pack.sounds[number].seconds * SAMPLE_RATE)
        assert 0.05 < np.abs(audio).max() <= 1


def test_no_artist_is_in_two_splits(pack: audio_pack.Pack) -> None:
    recorded = [sound for sound in pack.sounds if sound.recorded]
    for genre in ("jazz", "rock"):
        of_genre = [sound for sound in recorded if sound.genre == genre]
        seconds = {split: sum(s.seconds for s in of_genre if s.split == split) for split in ("train", "valid", "test")}
        assert seconds["test"] >= audio_pack.TEST_SHARE * 16
        assert seconds["train"] > seconds["test"]
    assert len({sound.group for sound in recorded}) == len(recorded)


def test_who_plays_in_two_genres_is_in_one_split() -> None:
    seconds = {"jazz": {f"j{i}": 10.0 for i in range(9)} | {"both": 10.0}, "rock": {"both": 10.0, "r": 90.0}}
    splits = artist_splits(seconds)
    assert set(splits) == {*seconds["jazz"], *seconds["rock"]}
    assert splits["r"] == "train"  # most of its genre
    assert sum(split == "test" for split in splits.values()) >= 3
    assert artist_splits(seconds) == splits


def test_crops_go_on_from_any_step(pack: audio_pack.Pack) -> None:
    crops = Crops(pack, "train", SAMPLE_RATE, batch=3, seed=5, recorded_share=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio_pack, "GENRES", ("jazz",))
        stream = crops(0)
        third = [next(stream) for _ in range(3)][2]
        again = next(crops(2))
    assert all(np.array_equal(one, two) for one, two in zip(third, again, strict=True))
    audio, genre, recorded = third
    assert audio.shape == (3, SAMPLE_RATE)
    assert np.abs(audio).max() <= 1
    assert genre.tolist() == [0, 0, 0]
    assert set(recorded.tolist()) <= {0, 1}
    assert GENRES[0] != "jazz"  # the index is into the genres that were asked for
