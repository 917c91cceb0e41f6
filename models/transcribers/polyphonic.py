"""Polyphonic: everything that sounds at once, of any instruments but drums, becomes notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.spec import Run, Spec, Transcription
from models.transcription.settings import Settings

if TYPE_CHECKING:
    from models.audio import Recording

NAME = "polyphonic"
NOTHING = "The recording is silent, so there are no notes in it."
NO_NOTES = "No notes were found: nothing in it has a pitch that lasts."

SPEC = Spec(
    kind="transcribers",
    name=NAME,
    label="Polyphonic",
    summary="Spotify's Basic Pitch: notes of several voices or instruments at once.",
    options=Settings,
    queue="fast",
    licence="Apache-2.0 (Spotify)",
    packages=("onnxruntime",),
    files=("checkpoints/basic_pitch/nmp.onnx",),
    install_hint="The network is part of the repository.",
)


class Polyphonic:
    """Implements `models.spec.Transcriber`."""

    def transcribe(self, recording: Recording, options: Settings, run: Run) -> Transcription:
        """All notes of a recording; there is no pitch curve, as there may be several pitches at a time."""
        from models.transcription import basic_pitch
        from models.transcription import level as loud
        from models.transcription.notes import SungNote, velocities
        from models.transcription.pitch import FRAME_RATE, RATE

        level = loud.levels(recording.mono(RATE))
        nothing = np.full(len(level), np.nan)
        if level.max() < loud.SILENCE_DB:
            return Transcription((), nothing, level, 1 / FRAME_RATE, notices=(NOTHING,))
        run.progress(0.05, "listening for notes")
        heard = basic_pitch.listen(recording.mono(basic_pitch.SAMPLE_RATE), run.check)
        found = basic_pitch.notes(heard)
        velocity = velocities(loud.of_notes(level, [(note.onset, note.offset) for note in found]))
        notes = tuple(
            SungNote(n.onset, n.offset, n.midi, int(v), n.pitch, n.confidence)
            for n, v in zip(found, velocity, strict=True)
        )
        run.progress(1.0, "listening for notes")
        return Transcription(notes, nothing, level, 1 / FRAME_RATE, notices=() if notes else (NO_NOTES,))


def load(device: str) -> Polyphonic:
    """``device`` does not matter: the network is small and works on the CPU."""
    return Polyphonic()
