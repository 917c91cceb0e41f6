"""What the three classifiers of single notes have in common, and can be told without loading torch."""

from __future__ import annotations

from models.spec import Spec


def spec(name: str, label: str, summary: str) -> Spec:
    """The spec of one task of the note network."""
    return Spec(
        kind="classifiers",
        name=name,
        label=label,
        summary=summary,
        queue="fast",
        warm=True,
        licence="MIT (network; some of its training recordings are for research only)",
        packages=("torch",),
        files=tuple(f"checkpoints/{part}-*.pt" for part in ("notes", "msd_musicnn", "mtt_musicnn")),
        install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
    )
