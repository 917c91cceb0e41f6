"""Write tags into an existing file without re-encoding: the sound's bytes are copied as they are.

Each container is edited by hand rather than remuxed by FFmpeg, which drops what it does not know (ratings, chapters,
private frames, cue points) and rewrites encoder delays. The copy is checked before it takes the file's place: it must
decode to the same samples and read back the same words.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from models.audio import flac, id3, mp4, ogg, riff
from models.audio.streams import open_stream
from models.audio.tags import clean, read_tags
from models.files import replacing
from models.spec import BadInput


class NoTags(BadInput):
    """This kind of file, or this file, cannot take tags; it was left as it is."""


def _edit_mp3(source: Path, target: Path, tags: dict[str, str]) -> None:
    with source.open("rb") as file, target.open("wb") as out:
        out.write(id3.merge(id3.read_tag(file), tags))
        shutil.copyfileobj(file, out)


_EDITORS: dict[str, Callable[[Path, Path, dict[str, str]], None]] = {
    "mp3": _edit_mp3,
    "flac": flac.edit,
    "ogg": ogg.edit,
    "wav": riff.edit_wav,
    "aiff": riff.edit_aiff,
    "mp4": mp4.edit,
}


def write_tags(path: Path, tags: Mapping[str, object], overwrite: bool = False) -> tuple[str, ...]:
    """Write tags (names of `tags.NAMES`) into a file and return the names that were written.

    A tag that the file has already is kept unless ``overwrite``. Raises BadInput when the file is no sound, `NoTags`
    when its kind holds none or its structure is not understood; the file is untouched then, and after any error.
    """
    path = path.resolve()  # the file that a link leads to, not the link
    words = clean(tags)
    with open_stream(path) as stream:
        kind = stream.format
    if kind not in _EDITORS:
        raise NoTags(f"{kind.upper()} files hold no tags that can be written.")
    present = read_tags(path)
    wanted = {name: value for name, value in words.items() if overwrite or not present.get(name)}
    wanted = {name: value for name, value in wanted.items() if present.get(name) != value}
    if not wanted:
        return ()
    with replacing(path) as part:
        try:
            _EDITORS[kind](path, part, wanted)
        except (ValueError, struct.error, IndexError) as error:
            raise NoTags(f"The tags of this file cannot be changed: {error}.") from error
        _check(path, part, wanted)
        shutil.copymode(path, part)
    return tuple(wanted)


def _check(original: Path, copy: Path, wanted: dict[str, str]) -> None:
    if fingerprint(copy) != fingerprint(original):
        raise NoTags("The tags were not written: the copy would not have sounded the same.")
    found = read_tags(copy)
    wrong = [name for name, value in wanted.items() if found.get(name) != value]
    if wrong:
        raise NoTags(f"The tags were not written: {', '.join(wrong)} could not be read back.")


def fingerprint(path: Path) -> str:
    """A hash over the decoded samples, with their rate and channels."""
    digest = hashlib.sha256()
    with open_stream(path) as stream:
        digest.update(f"{stream.sample_rate} {stream.channels}".encode())
        for block in stream.blocks:
            digest.update(block.tobytes())
    return digest.hexdigest()
