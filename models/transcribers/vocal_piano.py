"""Vocal to piano: one voice, sung, hummed or whistled, becomes notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.spec import Run, Spec, Transcription
from models.transcription.settings import Settings

if TYPE_CHECKING:
    from models.audio import Recording
    from models.nets.melody_line import MelodyLine
    from models.nets.voice_notes import VoiceNotes
    from models.transcription.pitch import PitchTrack
    from models.transcription.segment import Segment, Weights

NAME = "vocal_piano"
CHECKPOINT = "voice_notes"
NOTHING = "The recording is silent, so there is no melody in it."
NO_PITCH = "No voice or tune was found: nothing in it has a steady pitch."
IN_A_MIX = (
    "The voice was followed through a mix, which is less certain than a voice alone; look at the notes' confidence."
)
FEW = "Only {} note{} found."

SPEC = Spec(
    kind="transcribers",
    name=NAME,
    label="Voice to piano",
    summary="Follows the pitch of a voice and hears where its notes begin and end.",
    options=Settings,
    honours=("tracker", "mix"),
    queue="fast",
    warm=True,
    licence="MIT; the weights were learnt from sight-singing recordings that are for research only, see the cards",
    packages=("torch", "swift_f0", "onnxruntime"),
    files=("checkpoints/voice_notes-*.pt", "checkpoints/melody_line-*.pt", "checkpoints/basic_pitch/nmp.onnx"),
    install_hint="The weights are part of the repository; see docs/training.md for how they are made.",
)


class VocalPiano:
    """Implements `models.spec.Transcriber`."""

    def __init__(self, net: VoiceNotes, weights: Weights, line: MelodyLine, checkpoint_hash: str) -> None:
        self.net, self.weights, self.line, self.hash = net, weights, line, checkpoint_hash

    def transcribe(self, recording: Recording, options: Settings, run: Run) -> Transcription:
        """Notes of the voice in a recording. Silence, noise and speech give few notes or none, and say so."""
        from models.transcription import level as loud
        from models.transcription import mixture
        from models.transcription.pitch import FRAME_RATE, RATE, VOICED

        audio = recording.mono(RATE)
        level = loud.levels(audio)
        nothing = np.full(len(level), np.nan)
        if level.max() < loud.SILENCE_DB:
            return Transcription((), nothing, level, 1 / FRAME_RATE, checkpoint=self.hash, notices=(NOTHING,))
        audio = loud.levelled(audio, level)
        run.progress(0.05, "listening for a band")
        mixed = options.mix == "mixed" or (options.mix == "auto" and mixture.is_mix(recording, run.check))
        run.progress(0.2, "following the voice through the mix" if mixed else "following the pitch")
        track = self._track(recording, audio, options, mixed, run)
        run.progress(0.8, "hearing notes")
        found = self.hear(audio, track)
        curve = np.where(track.confidence >= VOICED, track.midi, np.nan)
        run.progress(1.0, "hearing notes")
        notices = (*((IN_A_MIX,) if mixed and found else ()), *_notices(found))
        return Transcription(_sung(found, level), curve, level, 1 / FRAME_RATE, mixed, self.hash, notices)

    def _track(
        self, recording: Recording, audio: NDArray[np.float32], options: Settings, mixed: bool, run: Run
    ) -> PitchTrack:
        from models.transcription import mixture
        from models.transcription.pitch import follow

        if mixed:
            return mixture.follow(self.line, recording.mono(mixture.SAMPLE_RATE), len(audio), run.check)
        return follow(audio, options.tracker)

    def hear(self, audio: NDArray[np.float32], track: PitchTrack) -> list[Segment]:
        """The notes of (samples,) at `pitch.RATE` whose pitch is known."""
        import torch

        from models.transcription.evidence import evidence
        from models.transcription.segment import notes

        with torch.inference_mode():
            heard = torch.from_numpy(evidence(audio, track))
            onset, offset, sounding = self.net(heard[None])[0].double().numpy()
        return notes(onset, offset, sounding, track, self.weights)


def _sung(found: list[Segment], level: NDArray[np.float64]) -> tuple:
    from models.transcription import level as loud
    from models.transcription.melody import keyed
    from models.transcription.notes import SungNote, velocities

    velocity = velocities(loud.of_notes(level, [(s.onset, s.offset) for s in found]))
    notes = [
        SungNote(s.onset, s.offset, round(s.pitch), int(v), s.pitch, s.confidence)
        for s, v in zip(found, velocity, strict=True)
    ]
    return tuple(keyed(notes)[0])


def _notices(found: list[Segment]) -> tuple[str, ...]:
    if not found:
        return (NO_PITCH,)
    if len(found) < 3:
        return (FEW.format(len(found), " was" if len(found) == 1 else "s were"),)
    return ()


def load(device: str) -> VocalPiano:
    """``device`` does not matter: the network is small and works on the CPU."""
    from models import checkpoint
    from models.nets.voice_notes import VoiceNotes, VoiceNotesConfig
    from models.transcription import mixture
    from models.transcription.segment import Weights

    found = checkpoint.load(CHECKPOINT)
    config = dict(found.config)
    weights = Weights(**config.pop("weights"))
    net = VoiceNotes(VoiceNotesConfig(**config))
    net.load_state_dict(found.state_dict, strict=True)
    return VocalPiano(net.eval(), weights, mixture.load(), found.hash)
