import io
import time

import av
import numpy as np
import pytest
import soundfile

from models.audio import FORMATS, decode, encode, mp3, probe, read_tags, transcode

from .conftest import RATE, tone

TAGS = {
    "title": "Blåbær <b> 😀",
    "genre": "Blues",
    "bpm": 120,
    "key": "F# minor",
    "seed": 42,
    "mode": "compose",
    "software": "Tunesmith 1.0",
    "comment": "made; by a test",
}
EXACT = ("wav", "flac")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("length", [100, 5000, RATE + 1])
def test_every_format_keeps_the_exact_length(tmp_path, format, length):
    audio = tone(2)[:, :length]
    rate = 48000 if format == "opus" else RATE
    encode(audio, rate, tmp_path / "a", format)
    back, back_rate = decode(tmp_path / "a")
    assert (back.shape, back_rate) == ((2, length), rate)
    if format in EXACT:
        assert np.abs(back - audio).max() <= 1 / 32767
    elif length > 10_000:
        inner = slice(4000, -4000)
        assert np.abs(back[:, inner] - audio[:, inner]).max() < 0.05


@pytest.mark.parametrize("format", FORMATS)
def test_tags_come_back(tmp_path, format):
    encode(tone(0.5), RATE, tmp_path / "a", format, TAGS)
    back = read_tags(tmp_path / "a")
    assert {name: back.get(name) for name in TAGS} == {name: str(value) for name, value in TAGS.items()}


def test_mp3_tags_are_the_frames_that_players_show(tmp_path):
    encode(tone(0.5), RATE, tmp_path / "a", "mp3", TAGS)
    head = (tmp_path / "a").read_bytes()[:2000]
    assert head.startswith(b"ID3\x03")
    for frame in (b"TIT2", b"TCON", b"TBPM", b"TKEY", b"COMM", b"TENC"):
        assert frame in head


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_input_gives_the_same_bytes(tmp_path, format):
    encode(tone(1), RATE, tmp_path / "a", format, TAGS)
    time.sleep(1.1)  # a time stamp with a resolution of a second would show
    encode(tone(1), RATE, tmp_path / "b", format, TAGS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_transcode_is_encode_of_the_decoded(tmp_path, format):
    encode(tone(3), RATE, tmp_path / "a.wav", "wav", {"title": "source"})
    transcode(tmp_path / "a.wav", tmp_path / "b", format, TAGS)
    assert probe(tmp_path / "b").seconds == pytest.approx(3, abs=1e-4)
    assert read_tags(tmp_path / "b")["title"] == TAGS["title"]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 96000])
def test_any_sample_rate_can_be_written(tmp_path, format, rate):
    encode(tone(1, rate, channels=1), rate, tmp_path / "a", format)
    info = probe(tmp_path / "a")
    assert info.channels == 1
    assert info.seconds == pytest.approx(1, abs=1e-3)


def test_loud_and_invalid_samples_are_clipped_not_wrapped(tmp_path):
    audio = np.array([[2.0, -2.0, np.nan, np.inf, -np.inf, 0.5]], dtype=np.float32)
    encode(audio, RATE, tmp_path / "a.wav", "wav")
    back, _ = decode(tmp_path / "a.wav")
    assert back[0] == pytest.approx([1, -1, 0, 1, -1, 0.5], abs=1e-4)
    for format in FORMATS:
        encode(np.tile(audio, 1000), RATE, tmp_path / "b", format)
        assert np.isfinite(decode(tmp_path / "b")[0]).all()


def test_more_channels_than_two_become_stereo(tmp_path):
    encode(tone(1, channels=6), RATE, tmp_path / "a.mp3", "mp3")
    assert probe(tmp_path / "a.mp3").channels == 2


def test_nothing_half_written_stays(tmp_path):
    with pytest.raises(KeyError, match="unknown tag"):
        encode(tone(1), RATE, tmp_path / "a.mp3", "mp3", {"composer": "me"})
    with pytest.raises(ValueError, match="at least one sample"):
        encode(np.zeros((2, 0), np.float32), RATE, tmp_path / "a.mp3", "mp3")

    def failing():
        raise RuntimeError("stop")

    class Broken(dict):
        def items(self):
            failing()

    with pytest.raises(RuntimeError):
        encode(tone(1), RATE, tmp_path / "a.mp3", "mp3", Broken(title="x"))
    soundfile.write(tmp_path / "ok.wav", tone(1).T, RATE)
    assert [p.name for p in tmp_path.iterdir()] == ["ok.wav"]


def test_two_threads_may_write_the_same_file(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    encode(tone(3), RATE, tmp_path / "a.wav", "wav")
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(transcode, tmp_path / "a.wav", tmp_path / "a.ogg", "ogg") for _ in range(4)]
        for job in jobs:
            job.result()
    assert probe(tmp_path / "a.ogg").seconds == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ogg", "a.wav"]


def test_hostile_tags_are_tamed(tmp_path):
    tags = {"title": "a" * 10_000, "comment": "x\x00y\r\nz \ud800", "genre": "", "key": None}
    for format in FORMATS:
        encode(tone(0.2), RATE, tmp_path / "a", format, tags)
        back = read_tags(tmp_path / "a")
        assert back["title"] == "a" * 1000
        assert back["comment"] == "x y z"
        assert "genre" not in back


@pytest.mark.parametrize("format", FORMATS)
def test_thirty_seconds_are_written_quickly(tmp_path, format):
    start = time.perf_counter()
    encode(tone(30), RATE, tmp_path / "a", format)
    assert time.perf_counter() - start < 6  # measured 0.03-1.0 s; generous for a busy machine


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_is_as_long_as_what_went_in_and_stands_where_it_stood(tmp_path, rate, channels):
    samples = int(1.37 * rate) + 11
    steps = np.random.default_rng(rate).normal(0, 0.05, (channels, samples))
    sound = np.stack([np.convolve(row, np.ones(24) / 4, "same") for row in steps]).astype(np.float32)
    encode(sound, rate, tmp_path / "a.mp3", "mp3")
    heard, heard_rate = soundfile.read(tmp_path / "a.mp3", always_2d=True)
    assert (heard.shape, heard_rate) == ((samples, channels), rate)
    assert np.corrcoef(heard[:, 0], sound[0])[0, 1] > 0.97
    with av.open(str(tmp_path / "a.mp3")) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == samples


def test_what_is_no_mp3_has_no_frames():
    with pytest.raises(ValueError, match="layer III"):
        list(mp3.frames(io.BytesIO(b"RIFF....WAVE")))
