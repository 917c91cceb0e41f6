"""Which RAVE exports lie in the folder for them. Light to import: the web process asks before it accepts a request."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "checkpoints" / "rave"


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The models in the folder, without their ending."""
    return tuple(path.stem for path in sorted(folder.glob("*.ts")))
