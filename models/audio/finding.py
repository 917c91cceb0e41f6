"""Sound files in folders."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = frozenset(
    (".au", ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma", ".webm", ".mp4")
)
"""What a folder is searched for; a file that is named itself is read whatever it is called."""


def audio_files(path: Path) -> list[Path]:
    """The file itself, or the sound files anywhere below a folder, in order. Hidden files are left out."""
    if path.is_file():
        return [path]
    found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    return sorted(file for file in found if not file.name.startswith("."))
