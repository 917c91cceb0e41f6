"""What a backend says of itself, what it is given and what it gives back.

Conventions, used by every model in this package:

- audio is float32 of shape (channels, samples), full scale 1.0, with its sample rate in Hz beside it;
- a score counts time in quarter notes ("beats"), a transcription in seconds;
- MIDI pitches are integers 0-127 with middle C = 60, velocities 1-127.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

if TYPE_CHECKING:
    from models.audio import Recording
    from models.transcription.notes import SungNote

Audio = NDArray[np.float32]
Kind = Literal["generators", "classifiers", "embedders", "transcribers"]


class Cancelled(Exception):
    """The job was cancelled; raised out of a backend, which must leave nothing behind."""


class BadInput(ValueError):
    """The input cannot be worked on (not audio, empty, too long); the message is shown to the user."""


class OutsideError(RuntimeError):
    """Something outside of this machine did not do its part; the message is shown to the user."""


class NoOptions(BaseModel, extra="forbid"):
    """The options of a backend that has none."""


@dataclass(frozen=True)
class Spec:
    """A backend's self-description; API schema, form, docs page and tests are made from it."""

    kind: Kind
    name: str
    label: str
    summary: str
    options: type[BaseModel] = NoOptions
    honours: tuple[str, ...] = ()
    number: int | None = None
    """The integer older clients send as ``generate_mode``."""
    queue: Literal["fast", "slow", "outside"] = "slow"
    warm: bool = False
    """Whether every worker loads it at the start, because most requests use it."""
    licence: str = "MIT"
    packages: tuple[str, ...] = ()
    """Import names that must be installed for the backend to be ready."""
    files: tuple[str, ...] = ()
    """Paths relative to ``models/`` that must exist; a ``*`` stands for the hash in a checkpoint's name."""
    install_hint: str = ""
    """What to do when a package or file is missing."""


class Progress(Protocol):
    """Reports work done. Raises `Cancelled` when the job was cancelled, so calling it each second is enough."""

    def __call__(self, fraction: float, stage: str) -> None:
        """``fraction`` of the whole job in [0, 1]; ``stage`` is a short phrase shown to the user."""


@dataclass(frozen=True)
class Run:
    """What a backend gets beside its input: ways to report progress and to learn of a cancel."""

    progress: Progress = lambda fraction, stage: None
    cancelled: Callable[[], bool] = lambda: False

    def part(self, start: float, end: float) -> Run:
        """A run whose progress from 0 to 1 fills the stretch from ``start`` to ``end`` of this one."""
        return Run(
            progress=lambda fraction, stage: self.progress(start + (end - start) * fraction, stage),
            cancelled=self.cancelled,
        )

    def check(self) -> None:
        """Raise `Cancelled` if the job was cancelled."""
        if self.cancelled():
            raise Cancelled


@dataclass(frozen=True)
class Note:
    """A note of a part: ``onset`` and ``duration`` in quarter notes from the start of the piece."""

    onset: float
    duration: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """One player. ``program`` is General MIDI 0-127; drums use channel 10 and its key map."""

    name: str
    role: Literal["melody", "chords", "bass", "drums", "pad", "counter"]
    instrument: str
    program: int
    notes: tuple[Note, ...]

    @property
    def is_drums(self) -> bool:
        return self.role == "drums"


@dataclass(frozen=True)
class Section:
    """A formal section ("intro", "A", "B", "ending"): where it starts and how long it is, in quarter notes."""

    name: str
    start: float
    duration: float


@dataclass(frozen=True)
class Chord:
    """A chord symbol ("Am7") and the quarter note on which it starts."""

    start: float
    symbol: str


@dataclass(frozen=True)
class Score:
    """A whole piece at one tempo. ``length`` is in seconds; no note sounds after it."""

    title: str
    genre: str
    tempo: float
    key: str
    metre: tuple[int, int]
    length: float
    parts: tuple[Part, ...]
    sections: tuple[Section, ...] = ()
    chords: tuple[Chord, ...] = ()
    written: bool = False
    """Whether the times are what stands on paper; otherwise they are a performance, which is quantised for it."""


@dataclass(frozen=True)
class Source:
    """Music to go on from: ``extend`` it, ``vary`` it over its own form and harmony, ``arrange`` its tune for a band,
    or ``infill`` the ``bars`` (first, last, counted from 1, inclusive)."""

    score: Score
    task: Literal["extend", "vary", "arrange", "infill"]
    bars: tuple[int, int] | None = None


@dataclass(frozen=True)
class GenerateRequest:
    """One request, the same for every generator; validated and complete (no unknown words, a seed, a key)."""

    genre: str
    instruments: tuple[str, ...]
    tempo: float
    """Quarter notes a minute."""
    length: float
    """Seconds; the audio has exactly ``round(length * sample_rate)`` samples."""
    seed: int
    key: str | None = None
    """As `vocabulary.key_name` writes it, or None for a key of the generator's choice."""
    title: str | None = None
    guide_strength: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)
    source: Source | None = None
    """Music to go on from, for generators that honour ``source``."""


@dataclass(frozen=True)
class Clip:
    """What a generator gives back. ``audio`` is (channels, samples), mastered; ``score`` is exact or None."""

    audio: Audio
    sample_rate: int
    tempo: float
    key: str | None
    score: Score | None
    title: str
    instruments: tuple[str, ...]
    checkpoint: str | None = None
    """Hash of the weights used, if any."""
    notice: str | None = None
    """A plain sentence for the user where the request could not be followed to the letter."""

    @classmethod
    def of(
        cls, score: Score, audio: Audio, sample_rate: int, checkpoint: str | None = None, notice: str | None = None
    ) -> Clip:
        """The clip of a score that was played as it stands."""
        return cls(
            audio=audio,
            sample_rate=sample_rate,
            tempo=score.tempo,
            key=score.key,
            score=score,
            title=score.title,
            instruments=tuple(part.instrument for part in score.parts),
            checkpoint=checkpoint,
            notice=notice,
        )


@dataclass(frozen=True)
class Label:
    """One class and its calibrated probability in [0, 1]."""

    label: str
    probability: float


@dataclass(frozen=True)
class Window:
    """The labels of one stretch of a long recording; ``start`` and ``end`` in seconds."""

    start: float
    end: float
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Prediction:
    """What a classifier gives back, best label first.

    ``extra`` holds what is not a class: ``{"bpm": 120.0, ...}`` for tempo, ``{"tonic": "A", ...}`` for key.
    """

    labels: tuple[Label, ...] = ()
    timeline: tuple[Window, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    checkpoint: str | None = None
    notice: str | None = None


@dataclass(frozen=True)
class Embedding:
    """Where a sound lies among others: ``vector`` is (size,) at length one, or zeros for silence."""

    vector: NDArray[np.float32]
    checkpoint: str | None = None


class Generator(Protocol):
    """Loaded once a process; called for each job."""

    def generate(self, request: GenerateRequest, run: Run) -> Clip: ...


class Classifier(Protocol):
    """Loaded once a process. The recording may have any length above zero."""

    def classify(self, recording: Recording, run: Run) -> Prediction: ...


class Embedder(Protocol):
    """Loaded once a process. The recording may have any length above zero; vectors of one checkpoint compare."""

    def embed(self, recording: Recording, run: Run) -> Embedding: ...


@dataclass(frozen=True)
class Transcription:
    """What a transcriber heard. ``heard`` are notes in the order of their onsets. ``curve`` is (frames,) of MIDI pitch
    with decimals, nan where there is none, and ``level`` (frames,) in dB, both every ``hop`` seconds."""

    heard: tuple[SungNote, ...]
    curve: NDArray[np.float64]
    level: NDArray[np.float64]
    hop: float
    mixed: bool = False
    """Whether a voice was looked for within a mix."""
    checkpoint: str | None = None
    notices: tuple[str, ...] = ()


class Transcriber(Protocol):
    """Loaded once a process. The recording may have any length above zero."""

    def transcribe(self, recording: Recording, options: BaseModel, run: Run) -> Transcription: ...
