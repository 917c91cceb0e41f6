"""Tags written into existing files: the sound, the other tags and the pictures stay what they were."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from models.audio import NoTags, decode, encode, id3, read_tags, write_tags
from models.audio.streams import open_stream
from models.spec import BadInput
from tests.audio.conftest import RATE, tone, write_ffmpeg

WORDS = {"genre": "jazz", "bpm": 120, "key": "A minor", "comment": "Mood: mellow, chillout"}
OLD = {"title": "Käthe's Blues 🎵", "genre": "blues"}


def write_m4a(path: Path, **options: str) -> Path:
    """An M4A with a title; ``movflags="faststart"`` puts the index before the sound."""
    plain = write_ffmpeg(path.with_name("plain.m4a"), "ipod", "aac", tone(), RATE)
    with av.open(str(plain)) as source, av.open(str(path), "w", format="ipod", options=options) as out:
        out.metadata.update({"title": OLD["title"], "genre": OLD["genre"]})
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return path


def write_own(path: Path) -> Path:
    encode(tone(), RATE, path, path.suffix[1:], OLD)
    return path


def write_aiff(path: Path) -> Path:
    soundfile.write(path, tone().T, RATE, format="AIFF", subtype="PCM_16")
    write_tags(path, OLD)
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "wav": write_own,
    "mp3": write_own,
    "flac": write_own,
    "ogg": write_own,
    "opus": lambda path: (encode(tone(rate=48_000), 48_000, path, "opus", OLD), path)[1],
    "m4a": write_m4a,
    "aiff": write_aiff,
}


def sound(path: Path) -> str:
    digest = hashlib.sha256()
    with open_stream(path) as stream:
        for block in stream.blocks:
            digest.update(block.tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("kind", MAKERS)
def test_words_are_written_and_the_sound_is_untouched(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / f"track.{kind}")
    before, mode = sound(path), path.stat().st_mode
    assert set(write_tags(path, WORDS)) == {"bpm", "key", "comment"}
    found = read_tags(path)
    assert found.items() >= {"bpm": "120", "key": "A minor", "comment": WORDS["comment"], **OLD}.items()
    assert sound(path) == before
    assert path.stat().st_mode == mode
    assert [other.name for other in tmp_path.iterdir() if other.name != "plain.m4a"] == [path.name]
    # A second time nothing is left to write, and the file is not even opened for writing.
    stamp = path.stat().st_mtime_ns
    assert write_tags(path, WORDS) == ()
    assert path.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("kind", MAKERS)
def test_old_words_are_replaced_only_when_asked(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / f"track.{kind}")
    before = sound(path)
    write_tags(path, WORDS)
    other = {"genre": "rock", "bpm": 97, "key": "Eb major", "comment": "second"}
    assert write_tags(path, other) == ()
    assert set(write_tags(path, other, overwrite=True)) == set(other)
    found = read_tags(path)
    assert {name: found[name] for name in ("title", *other)} == {
        "title": OLD["title"], "genre": "rock", "bpm": "97", "key": "Eb major", "comment": "second",
    }  # fmt: skip
    assert sound(path) == before


def test_an_index_before_the_sound_is_moved_along(tmp_path: Path) -> None:
    path = write_m4a(tmp_path / "fast.m4a", movflags="faststart")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    before = sound(path)
    write_tags(path, {"comment": "x" * 999})
    assert sound(path) == before
    assert read_tags(path)["comment"] == "x" * 999


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def test_a_picture_in_mp3_stays_and_so_do_frames_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "art.mp3"
    encode(tone(), RATE, path, "mp3")
    frames = b""
    for name, body in (("APIC", b"\x00image/png\x00\x03\x00" + PICTURE), ("POPM", b"me\x00\xc4\x01"),
                       ("COMM", b"\x00engiTunNORM\x00 0001")):  # fmt: skip
        frames += name.encode() + struct.pack(">IH", len(body), 0) + body
    path.write_bytes(b"ID3\x03\0\0" + id3._synchsafe(len(frames) + 500) + frames + bytes(500) + path.read_bytes())
    before = sound(path)
    write_tags(path, WORDS)
    data = path.read_bytes()
    assert frames in data
    assert sound(path) == before
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
        assert container.metadata["genre"] == "jazz"


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_of_id3_is_kept_as_it_is(version: int, tmp_path: Path) -> None:
    path = tmp_path / "old.mp3"
    encode(tone(), RATE, path, "mp3")
    body = b"\x00An old title"
    if version == 2:
        frame = b"TT2" + len(body).to_bytes(3, "big") + body
    else:
        frame = b"TIT2" + struct.pack(">IH", len(body), 0) + body
    path.write_bytes(b"ID3" + bytes([version, 0, 0]) + id3._synchsafe(len(frame)) + frame + path.read_bytes())
    write_tags(path, WORDS)
    assert path.read_bytes()[3] == version
    assert read_tags(path).items() >= {"title": "An old title", "genre": "jazz", "bpm": "120", "key": "A minor"}.items()


def test_a_picture_in_flac_and_in_m4a_stays(tmp_path: Path) -> None:
    flac = write_own(tmp_path / "art.flac")
    body = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, 1, 1, 24, 0, len(PICTURE)) + PICTURE
    data = flac.read_bytes()
    first = 4 + 4 + int.from_bytes(data[5:8], "big")
    flac.write_bytes(data[:first] + b"\x06" + len(body).to_bytes(3, "big") + body + data[first:])
    m4a = write_m4a(tmp_path / "art.m4a")
    # The cover is one more row of the last box that holds tags; every box around it grows.
    data, row = m4a.read_bytes(), _box(b"covr", _box(b"data", struct.pack(">II", 14, 0) + PICTURE))
    for name in (b"moov", b"udta", b"meta", b"ilst"):
        at = data.index(name) - 4
        size = int.from_bytes(data[at : at + 4], "big")
        data = data[:at] + struct.pack(">I", size + len(row)) + data[at + 4 :]
    end = data.index(b"ilst") - 4 + size
    m4a.write_bytes(data[:end] + row + data[end:])
    for path in (flac, m4a):
        before = sound(path)
        assert "bpm" in write_tags(path, WORDS)
        assert PICTURE in path.read_bytes()
        assert sound(path) == before
        with av.open(str(path)) as container:
            assert len(container.streams.video) == 1, path


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def test_other_chunks_of_a_wav_stay(tmp_path: Path) -> None:
    path = write_own(tmp_path / "loop.wav")
    cue = struct.pack("<4sI", b"smpl", 35) + b"\x07" * 35 + b"\0"
    data = path.read_bytes() + cue
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    before = sound(path)
    write_tags(path, WORDS)
    assert path.read_bytes().endswith(cue)
    assert sound(path) == before
    assert read_tags(path).items() >= {"title": OLD["title"], "bpm": "120"}.items()


def test_a_wav_that_was_cut_off_is_tagged_before_its_sound(tmp_path: Path) -> None:
    path = write_own(tmp_path / "cut.wav")
    path.write_bytes(path.read_bytes()[:50_001])
    before = sound(path)
    write_tags(path, WORDS)
    assert sound(path) == before
    assert read_tags(path)["bpm"] == "120"


def test_kinds_without_tags_are_named_and_left_alone(tmp_path: Path) -> None:
    au = tmp_path / "old.au"
    soundfile.write(au, tone().T, RATE, format="AU", subtype="PCM_16")
    webm = write_ffmpeg(tmp_path / "clip.webm", "webm", "libopus", tone(rate=48_000), 48_000)
    for path in (au, webm):
        before = path.read_bytes()
        with pytest.raises(NoTags, match=path.suffix[1:].upper()):
            write_tags(path, WORDS)
        assert path.read_bytes() == before
    text = tmp_path / "no.mp3"
    text.write_text("not sound")
    with pytest.raises(BadInput):
        write_tags(text, WORDS)
    assert text.read_text() == "not sound"


def test_a_damaged_structure_is_left_as_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for kind in MAKERS:
        path = MAKERS[kind](tmp_path / f"hurt.{kind}")
        whole = path.read_bytes()
        for _ in range(12):
            data = bytearray(whole[: int(rng.integers(40, len(whole)))])
            for at in rng.integers(0, min(400, len(data)), 6):
                data[at] = int(rng.integers(256))
            path.write_bytes(data)
            try:
                expected = sound(path)
                write_tags(path, WORDS)
            except BadInput:
                assert path.read_bytes() == data
            else:
                assert sound(path) == expected
        assert not list(tmp_path.glob(".*.part"))


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = write_own(tmp_path / "real.flac")
    link = tmp_path / "link.flac"
    link.symlink_to(real)
    write_tags(link, WORDS)
    assert link.is_symlink()
    assert read_tags(real)["bpm"] == "120"
    assert decode(real)[0].shape == tone().shape
