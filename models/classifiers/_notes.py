"""What the note network hears in a recording, computed once and shared by source, family and qualities.

A single note is heard as the network was taught: four seconds from its onset, silence or hiss before it cut off; and
musicnn is asked too (`models.nets.notes_pair`). Of anything longer, windows of four seconds are heard every two by our
network alone, and those that sound are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.audio import Recording
from models.classifiers import _musicnn
from models.classifiers._musicnn import Extractor
from models.nets.notes import SAMPLE_RATE, SECONDS, Logits, NotesConfig, features_of, mel_of
from models.nets.notes_pair import NotesPair, NotesProbeConfig
from models.spec import Label, Prediction, Run, Window

CHECKPOINT = "notes"
WINDOW = round(SECONDS * SAMPLE_RATE)
HOP_SECONDS = 2.0
"""From one window of a long recording to the next."""
NOTE_SECONDS = 6.0
"""What is no longer than this, from its onset, is taken for one note and heard once."""
BATCH = 8
SILENCE_DB = -85.0
"""dB full scale, RMS over 20 ms; a recording that never reaches it is silent."""
_FRAME = 320
_SOUNDING_DB = 45.0
"""A window that stays so far below the loudest frame of the recording is not heard."""
_ONSET_DB, _HISS_DB, _CLEAR_DB = 40.0, 46.0, 6.0
_LEAD = 800
"""Samples before the onset of a note, silence where the recording begins with it: a network that learnt what an attack
is wants to see it."""
LONG = "This model knows single notes; of a longer or mixed recording its answer is only the general impression."


@dataclass(frozen=True)
class Windows:
    """n stretches of four seconds of ``mono`` (samples,) at 16 kHz, by the sample where each begins (it may be < 0)."""

    mono: NDArray[np.float32]
    begins: tuple[int, ...]

    @property
    def starts(self) -> NDArray[np.float64]:
        """(n,) seconds."""
        return np.maximum(np.array(self.begins), 0) / SAMPLE_RATE

    @property
    def ends(self) -> NDArray[np.float64]:
        """(n,) seconds, within the recording."""
        return np.minimum(self.starts + SECONDS, len(self.mono) / SAMPLE_RATE)

    def audio(self, rows: slice = slice(None)) -> NDArray[np.float32]:
        """(rows, 64000), padded with zeros. Made when asked for: those of a long recording fill much memory."""
        begins = self.begins[rows]
        out = np.zeros((len(begins), WINDOW), dtype=np.float32)
        for row, at in zip(out, begins, strict=True):
            piece = self.mono[max(0, at) : at + WINDOW]
            first = max(0, -at)
            row[first : first + len(piece)] = piece
        return out


@dataclass(frozen=True)
class Heard:
    """Calibrated probabilities of a recording and of its n sounding windows; ``whole`` is None when it is silent."""

    whole: tuple[NDArray[np.float32], ...] | None
    """Source (3,), family (11,), qualities (9,)."""
    along: tuple[NDArray[np.float32], ...]
    """The same for each window: (n, 3), (n, 11), (n, 9)."""
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    """(n,) seconds. Not the windows themselves: they would hold on to the sound of a long recording."""
    long: bool


def cut(mono: NDArray[np.float32]) -> Windows:
    """The windows of (samples,) at 16 kHz; none when it is silent."""
    frames = max(1, len(mono) // _FRAME)
    squares = np.resize(mono, frames * _FRAME) if len(mono) < _FRAME else mono[: frames * _FRAME]
    framed = squares.reshape(frames, _FRAME)
    level = 10 * np.log10(np.einsum("ij,ij->i", framed, framed).astype(np.float64) / _FRAME + 1e-20)
    peak = float(level.max())
    if peak < SILENCE_DB or len(mono) == 0:
        return Windows(mono, ())
    onset = _onset(level) * _FRAME - _LEAD
    last = len(mono) - 1
    if last - onset < NOTE_SECONDS * SAMPLE_RATE:
        begins = [onset]
    else:
        onset = max(0, onset)
        hop = round(HOP_SECONDS * SAMPLE_RATE)
        begins = [
            at
            for at in range(onset, len(mono) - WINDOW // 2, hop)
            if level[at // _FRAME : (at + WINDOW) // _FRAME].max() >= max(peak - _SOUNDING_DB, SILENCE_DB)
        ]
    return Windows(mono, tuple(begins))


def _onset(level: NDArray[np.float64]) -> int:
    """The frame where the sound begins: 40 dB below the loudest, or well above the hiss before it."""
    peak, floor = float(level.max()), float(np.percentile(level, 5))
    if floor < peak - _HISS_DB:
        return int(np.argmax(level >= peak - _ONSET_DB))
    first = int(np.argmax(level >= floor + 0.5 * (peak - floor)))
    # Only what is clearly quieter than the sound is taken for hiss; a note that swells begins where it begins.
    if first and np.median(level[:first]) <= float(np.median(level[first : first + 10])) - _CLEAR_DB:
        return first
    return 0


class Ear:
    """The networks, loaded once. What they hear is kept with the recording, for the next classifier that asks."""

    def __init__(
        self, pair: NotesPair, labels: tuple[tuple[str, ...], ...], checkpoint_hash: str, extractor: Extractor
    ) -> None:
        self.pair, self.labels, self.hash = pair.eval().to(extractor.device), labels, checkpoint_hash
        self.extractor, self.device = extractor, extractor.device

    def hear(self, recording: Recording, run: Run) -> Heard:
        """Raises `models.spec.Cancelled` between batches when the run was cancelled."""
        return recording.remember(("notes", self.hash), lambda: self._hear(cut(recording.mono(SAMPLE_RATE)), run))

    def _hear(self, windows: Windows, run: Run) -> Heard:
        if not windows.begins:
            return Heard(None, (), windows.starts, windows.ends, long=False)
        logits = self.logits(windows, run)
        long = len(windows.begins) > 1 or bool(windows.ends[-1] - windows.starts[0] > NOTE_SECONDS)
        with torch.inference_mode():
            if long:
                along = self.pair.net.calibrated(logits)
                whole = self.pair.net.calibrated(_mean(logits))
            else:
                whole = along = self.pair.calibrated(self.with_probe(logits, windows.audio(), run))
        numbers = tuple(p[0].cpu().numpy() for p in whole), tuple(p.cpu().numpy() for p in along)
        return Heard(*numbers, windows.starts, windows.ends, long)

    def with_probe(self, logits: Logits, notes: NDArray[np.float32], run: Run) -> Logits:
        """The logits of n notes (n, 64000) with those of the probe."""
        with torch.inference_mode():
            probed = self.pair.probe(self.extractor.of_notes(notes, run).to(self.device))
            return self.pair.both(logits, probed)

    def logits(self, windows: Windows, run: Run) -> Logits:
        """Of our network for n windows: (n, 3), (n, 11), (n, 9)."""
        answers, count, net = [], len(windows.begins), self.pair.net
        with torch.inference_mode():
            for first in range(0, count, BATCH):
                run.check()
                run.progress(first / count, "listening")
                batch = torch.from_numpy(windows.audio(slice(first, first + BATCH)))
                answers.append(net(features_of(mel_of(batch.to(self.device), net.config.n_mels))))
        source, family, qualities = (torch.cat(column) for column in zip(*answers, strict=True))
        return source, family, qualities


class NoteClassifier:
    """Implements `models.spec.Classifier` for one of the network's three tasks."""

    def __init__(self, ear: Ear, task: int, exclusive: bool) -> None:
        """``task`` 0, 1, 2 is source, family, qualities; with ``exclusive`` the labels' probabilities add up to 1."""
        self.ear, self.task, self.exclusive = ear, task, exclusive
        self.labels = ear.labels[task]

    def classify(self, recording: Recording, run: Run) -> Prediction:
        """All labels, best first; a recording of more than one window gets a timeline and a notice.

        Silence gets equal probabilities (qualities: none) and a notice.
        """
        heard = self.ear.hear(recording, run)
        if heard.whole is None:
            even = np.full(len(self.labels), 1 / len(self.labels) if self.exclusive else 0.0)
            notice = "The recording is silent, so there is no note to judge."
            return Prediction(labels=self._labels(even), checkpoint=self.ear.hash, notice=notice)
        timeline = tuple(
            Window(float(start), float(end), self._labels(row))
            for start, end, row in zip(heard.starts, heard.ends, heard.along[self.task], strict=True)
        )
        return Prediction(
            labels=self._labels(heard.whole[self.task]),
            timeline=timeline if len(timeline) > 1 else (),
            checkpoint=self.ear.hash,
            notice=LONG if heard.long else None,
        )

    def _labels(self, probability: NDArray[np.floating]) -> tuple[Label, ...]:
        order = np.argsort(-probability, kind="stable")
        return tuple(Label(self.labels[i], float(probability[i])) for i in order)


def _mean(logits: Logits) -> Logits:
    source, family, qualities = (part.mean(dim=0, keepdim=True) for part in logits)
    return source, family, qualities


@cache
def shared(device: str = "cpu") -> Ear:
    """The process's one ear on a device. Raises `models.checkpoint.CheckpointError`."""
    loaded = checkpoint.load(CHECKPOINT)
    labels = tuple(tuple(loaded.config[task]) for task in ("source_labels", "family_labels", "quality_labels"))
    net = {key: tuple(v) if isinstance(v, list) else v for key, v in loaded.config["net"].items()}
    pair = NotesPair(NotesConfig(**net), NotesProbeConfig(**loaded.config["probe"]))
    pair.load_state_dict({key: value.float() for key, value in loaded.state_dict.items()}, strict=True)
    return Ear(pair, labels, loaded.hash, _musicnn.shared(device))
