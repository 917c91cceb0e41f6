"""The words inside audio files: title, genre, tempo, key and how the file was made.

One dictionary with our own names is written as each container wants it, so that common players show it:
ID3v2.3 frames in MP3 (see `id3`), Vorbis comments (xiph.org) in FLAC, OGG and Opus, RIFF INFO in WAV. RIFF
INFO knows no tempo or key, so there these go into the comment, as "BPM: 120; key: A minor", and are read back
from it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from models.audio import mp4
from models.audio.streams import open_container

NAMES = ("title", "genre", "bpm", "key", "seed", "mode", "software", "comment")
MAX_LENGTH = 1000  # characters in one tag; players choke on more

_VORBIS = {"bpm": "BPM", "key": "INITIALKEY", "software": "SOFTWARE"}
_READ = {
    "tbpm": "bpm",
    "tbp": "bpm",
    "tkey": "key",
    "tke": "key",
    "initialkey": "key",
    "tenc": "software",
    "encoded_by": "software",
    "description": "comment",
}
_RIFF = ("title", "genre", "software")
_RIFF_EXTRA = {"bpm": "BPM", "key": "key", "seed": "seed", "mode": "mode"}
_LIBRARY = re.compile(r" \(libsndfile-[\d.]+\)$")  # what libsndfile adds to the name of the software
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def clean(tags: Mapping[str, object] | None) -> dict[str, str]:
    """Tags as they may be written: known names only, no empty values, no control characters, bounded length.

    Raises KeyError for a name that is not in `NAMES`.
    """
    unknown = set(tags or ()) - set(NAMES)
    if unknown:
        raise KeyError(f"unknown tag {sorted(unknown)[0]!r}; known: {', '.join(NAMES)}")
    words = {
        name: _CONTROL.sub(" ", str(value)).strip()[:MAX_LENGTH]
        for name, value in (tags or {}).items()
        if value is not None
    }
    return {name: words[name] for name in NAMES if words.get(name)}


def for_vorbis(tags: dict[str, str]) -> dict[str, str]:
    """Cleaned tags by the customary Vorbis comment names."""
    return {_VORBIS.get(name, name.upper()): value for name, value in tags.items()}


def for_riff(tags: dict[str, str]) -> dict[str, str]:
    """Cleaned tags by libsndfile's names for RIFF INFO."""
    extra = [f"{shown}: {tags[name]}" for name, shown in _RIFF_EXTRA.items() if name in tags]
    if "comment" in tags:
        extra.append(tags["comment"])
    found = {name: tags[name] for name in _RIFF if name in tags}
    return found | ({"comment": "; ".join(extra)} if extra else {})


def _split_riff_comment(comment: str) -> dict[str, str]:
    """Undo `for_riff`: leading "name: value" fields of the comment, the rest is the comment."""
    names = {shown: name for name, shown in _RIFF_EXTRA.items()}
    found: dict[str, str] = {}
    parts = comment.split("; ")
    while parts and (name := names.get(parts[0].partition(": ")[0])) and name not in found:
        found[name] = parts.pop(0).partition(": ")[2]
    return found | ({"comment": "; ".join(parts)} if parts else {})


def join_riff_comment(old: str, tags: dict[str, str]) -> str:
    """The comment of a RIFF file with some of its fields, or its free text, replaced."""
    merged = _split_riff_comment(old) | {name: tags[name] for name in (*_RIFF_EXTRA, "comment") if name in tags}
    return for_riff(merged)["comment"]


def read_tags(path: str | os.PathLike[str]) -> dict[str, str]:
    """The tags of an audio file by our own names, others in lower case. Raises BadInput if not audio."""
    with Path(path).open("rb") as file, open_container(file) as container:
        name = container.format.name
        raw = dict(container.metadata)
        for stream in container.streams.audio:
            raw |= stream.metadata
    tags = {_READ.get(key.lower(), key.lower()): value for key, value in raw.items()}
    if "comment" in tags and name == "wav":
        tags |= {"comment": ""} | _split_riff_comment(tags["comment"])
    if "mp4" in name:
        tags.setdefault("bpm", mp4.tempo(Path(path)))
    encoder = tags.pop("encoder", "")
    tags.setdefault("software", _LIBRARY.sub("", encoder))
    return {key: value for key, value in tags.items() if value}
