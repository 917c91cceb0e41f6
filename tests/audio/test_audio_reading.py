import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio import TooLong, decode, probe, read_tags
from models.spec import BadInput

from .conftest import RATE, tone, write_ffmpeg

CLIP = Path(__file__).parents[1] / "clips" / "vocadito_10.flac"

SNDFILE = [
    ("a.wav", "PCM_16"),
    ("a.wav", "PCM_U8"),
    ("a.wav", "PCM_24"),
    ("a.wav", "DOUBLE"),
    ("a.wav", "IMA_ADPCM"),
    ("a.au", "PCM_16"),
    ("a.au", "ULAW"),
    ("a.aiff", "PCM_16"),
    ("a.flac", "PCM_24"),
    ("a.ogg", "VORBIS"),
    ("a.mp3", "MPEG_LAYER_III"),
    ("a.caf", "PCM_16"),
    ("a.w64", "PCM_16"),
]
FFMPEG = [
    ("a.m4a", "ipod", "aac"),
    ("a.mp4", "mp4", "aac"),
    ("a.aac", "adts", "aac"),
    ("a.webm", "webm", "libopus"),
    ("a.wma", "asf", "wmav2"),
    ("a.ac3", "ac3", "ac3"),
]


def loudest(audio: np.ndarray, rate: int) -> float:
    """The frequency (Hz) of the strongest spectral line of the first channel."""
    return float(np.abs(np.fft.rfft(audio[0])).argmax() * rate / audio.shape[1])


@pytest.mark.parametrize(("name", "subtype"), SNDFILE)
def test_reads_what_libsndfile_reads(tmp_path, stereo, name, subtype):
    path = tmp_path / name
    soundfile.write(path, stereo.T, RATE, subtype=subtype)
    audio, rate = decode(path)
    info = probe(path)
    assert (audio.dtype, rate, audio.shape[0]) == (np.float32, RATE, 2)
    assert audio.shape[1] == pytest.approx(stereo.shape[1], abs=RATE * 0.05)
    assert info.seconds == audio.shape[1] / RATE
    assert (info.sample_rate, info.channels, info.format) == (RATE, 2, name.split(".")[1])
    assert loudest(audio, rate) == pytest.approx(220, abs=2)


@pytest.mark.parametrize(("name", "container", "codec"), FFMPEG)
def test_reads_what_only_ffmpeg_reads(tmp_path, name, container, codec):
    path = write_ffmpeg(tmp_path / name, container, codec, tone(rate=48000), 48000)
    audio, rate = decode(path)
    assert (audio.dtype, audio.shape[0], rate) == (np.float32, 2, 48000)
    assert audio.shape[1] / rate == pytest.approx(2, abs=0.15)
    assert loudest(audio, rate) == pytest.approx(220, abs=2)
    assert probe(path).seconds == audio.shape[1] / rate


def test_content_decides_not_the_name(tmp_path, stereo):
    for name in ("a.raw", "a.vox", "a.gsm", "a.mp3", "a.txt", "a"):
        soundfile.write(tmp_path / name, stereo.T, RATE, format="WAV", subtype="PCM_16")
        assert probe(tmp_path / name).format == "wav"


def test_resamples_and_mixes():
    audio, rate = decode(CLIP, sample_rate=16000, mono=True)
    whole, _ = decode(CLIP)
    assert rate == 16000
    assert audio.shape[0] == 1
    assert audio.shape[1] == pytest.approx(whole.shape[1] * 16000 / 44100, abs=2)


def test_resampling_keeps_a_tone(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone().T, RATE, subtype="FLOAT")
    audio, _ = decode(tmp_path / "a.wav", sample_rate=22050)
    expected = tone(rate=22050)
    inner = slice(1000, -1000)
    assert np.abs(audio[:, inner] - expected[:, inner]).max() < 1e-3


def test_reads_no_further_than_asked():
    audio, rate = decode(CLIP, max_seconds=1.5)
    assert audio.shape == (1, 1.5 * rate)


def test_many_channels_are_folded(tmp_path):
    for channels, format in ((3, "WAV"), (4, "WAV"), (6, "FLAC"), (8, "FLAC"), (20, "WAV")):
        soundfile.write(tmp_path / "a", tone(channels=channels).T, RATE, format=format)
        audio, _ = decode(tmp_path / "a")
        assert audio.shape == (2, 2 * RATE)
        assert 0.05 < np.abs(audio).max() <= 1
        assert decode(tmp_path / "a", mono=True)[0].shape == (1, 2 * RATE)
        assert probe(tmp_path / "a").channels == channels


def test_high_rate_is_read(tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo.T, 192000)
    assert probe(tmp_path / "a.wav").sample_rate == 192000
    assert decode(tmp_path / "a.wav", sample_rate=16000)[0].shape[0] == 2


def test_stray_nan_is_silenced_and_all_nan_refused(tmp_path, stereo):
    broken = stereo.copy()
    broken[0, 10], broken[1, 20], broken[0, 30] = np.nan, np.inf, 1e30
    soundfile.write(tmp_path / "a.wav", broken.T, RATE, subtype="FLOAT")
    audio, _ = decode(tmp_path / "a.wav")
    assert audio[0, 10] == audio[1, 20] == audio[0, 30] == 0
    assert np.abs(audio).max() < 0.26
    soundfile.write(tmp_path / "b.wav", broken.T * np.nan, RATE, subtype="FLOAT")
    for read in (decode, probe):
        with pytest.raises(BadInput, match="NaN"):
            read(tmp_path / "b.wav")


def test_too_long_is_noticed_early(tmp_path, stereo):
    soundfile.write(tmp_path / "a.wav", stereo.T, RATE)
    assert probe(tmp_path / "a.wav", max_seconds=2).seconds == 2
    with pytest.raises(TooLong, match="longer than"):
        probe(tmp_path / "a.wav", max_seconds=1.5)


def wav(rate=RATE, channels=1, bits=16, code=1, data=b"\x01\x00" * 5000, claimed=None) -> bytes:
    """A WAV file whose header says whatever a test wants."""
    claimed = len(data) if claimed is None else claimed
    width = channels * bits // 8
    head = struct.pack("<IHHIIHH", 16, code, channels, rate, (rate * width) % 2**32, width, bits)
    return b"RIFF" + struct.pack("<I", 36 + claimed) + b"WAVEfmt " + head + b"data" + struct.pack("<I", claimed) + data


REFUSED = {
    "empty": b"",
    "text": b"not a sound\n" * 500,
    "html": b"<html><body>hello</body></html>",
    "zeros": bytes(10_000),
    "noise": np.random.default_rng(0).bytes(50_000),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile /etc/hostname\n",
    "head only": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "no samples": wav(data=b""),
    "0 Hz": wav(rate=0),
    "1 Hz": wav(rate=1),
    "4 GHz": wav(rate=4_000_000_000),
    "0 channels": wav(channels=0),
    "500 channels": wav(channels=500, data=bytes(100_000)),
    "0 bits": wav(bits=0),
    "unknown codec": wav(code=0x1234),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".raw", ".vox", ""])
def test_bad_files_are_refused_with_a_sentence(tmp_path, name, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(REFUSED[name])
    for read in (decode, probe):
        with pytest.raises(BadInput, match=r"^The .*\.$"):
            read(path)


def test_a_header_that_claims_too_much_is_not_believed(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(claimed=2**31 - 100))
    assert probe(tmp_path / "a.wav").seconds == 5000 / RATE


@pytest.mark.parametrize("suffix", ["flac", "mp3", "ogg", "wav", "au", "webm", "aac"])
def test_a_truncated_file_gives_its_beginning(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    long = tone(20, 48000)
    if suffix in ("webm", "aac"):
        write_ffmpeg(
            path,
            {"webm": "webm", "aac": "adts"}[suffix],
            {"webm": "libopus", "aac": "aac"}[suffix],
            long,
            48000,
        )
    else:
        soundfile.write(path, long.T, 48000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    seconds = probe(path).seconds
    assert 5 < seconds < 15
    assert decode(path)[0].shape[1] == round(seconds * 48000)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["flac", "mp3", "ogg", "wav", "m4a", "webm"])
def test_damaged_bytes_never_raise_anything_else(tmp_path, kind, seed):
    path = tmp_path / f"a.{kind}"
    if kind == "m4a":
        write_ffmpeg(path, "ipod", "aac", tone(1), RATE)
    elif kind == "webm":
        write_ffmpeg(path, "webm", "libopus", tone(1, 48000), 48000)
    else:
        soundfile.write(path, tone(1).T, RATE)
    rng = np.random.default_rng(seed)
    data = bytearray(path.read_bytes())
    for position in rng.integers(0, len(data) if seed % 2 else 300, 40):
        data[position] = rng.integers(256)
    path.write_bytes(bytes(data))
    for read in (decode, probe, read_tags):
        try:
            read(path)
        except BadInput:
            continue


def test_a_missing_file_is_the_callers_mistake(tmp_path):
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "none.wav")
