"""A real track of the genre from the ``genres`` folder, stretched to the tempo and cut on its bars to the length."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field

from models.audio import decode, to_stereo
from models.composer.chance import stream
from models.composer.library import LibraryTrack, tracks
from models.composer.recut import MIN_RING, Cut, bar_cuts, recut_score
from models.composer.titles import title as make_title
from models.dsp.beats import track_beats
from models.dsp.stretch import stretch
from models.generators._fitting import SAMPLE_RATE, assemble, best_octave
from models.spec import BadInput, Clip, GenerateRequest, Run, Spec

FOLDER = Path(__file__).resolve().parents[2] / "genres"
MAX_SOURCE_SECONDS = 330.0
ANALYSED_AT = 22_050
CANDIDATES = 8
"""Undescribed files that are beat-tracked for one request; more of them are drawn by seed."""
_TEMPO_WEIGHT, _INSTRUMENT_WEIGHT, _KEY_WEIGHT = 6.0, 3.0, 0.5
_MIN_SPEED, _MAX_SPEED = 0.5, 2.0


class Options(BaseModel, extra="forbid"):
    """How the track is chosen."""

    variety: float = Field(
        0.5, ge=0, le=1, description="0 always takes the best match, 1 lets the seed choose among fair ones."
    )


SPEC = Spec(
    kind="generators",
    name="dataset",
    label="From the library",
    summary="Takes a track of the genre from the genres folder, stretches it to the tempo and cuts it on bars.",
    options=Options,
    honours=("genre", "tempo", "length", "seed"),
    number=0,
    queue="slow",
    packages=("python_stretch", "torch"),
    files=("checkpoints/tempo-*.pt",),
    install_hint="Run ./run.sh again to install it.",
)


class Dataset:
    """Chooses among the tracks in a folder; remembers the beats of files it has analysed while they are unchanged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._beats: dict[tuple[Path, float, int], tuple[float, float]] = {}

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises BadInput when the genre has no readable track, Cancelled when the run is cancelled."""
        options = Options.model_validate(request.options)
        run.progress(0.0, "choosing a track")
        track, tempo, first_beat = self._choose(request, options, run)
        run.check()
        run.progress(0.4, "reading the track")
        audio, _ = decode(track.path, SAMPLE_RATE, max_seconds=MAX_SOURCE_SECONDS)
        audio = to_stereo(audio)[:, round(first_beat * SAMPLE_RATE) :]
        if not audio.shape[1]:
            raise BadInput(f"{track.path.name} holds no sound after its first beat.")
        octave = best_octave(tempo, request.tempo)
        run.progress(0.5, "stretching")
        stretched = stretch(audio, SAMPLE_RATE, float(np.clip(request.tempo / (tempo * octave), 0.26, 3.9)))
        run.check()
        run.progress(0.75, "cutting on bars")
        seconds_per_bar = track.metre * 60 / request.tempo * octave
        cuts, tail = plan_cuts(track, stretched.shape[1] / SAMPLE_RATE, seconds_per_bar, request.length)
        cut = assemble(stretched, cuts, seconds_per_bar, round(request.length * SAMPLE_RATE), tail=tail)
        run.check()
        run.progress(0.85, "mastering")
        title = request.title or (track.title if track.known else make_title(request.seed, request.genre))
        score = track.score(request.genre)
        if score is not None:
            score = recut_score(
                score, cuts, tempo=request.tempo, length=request.length, title=title, scale=octave, tail=tail
            )
        from models.dsp.loudness import normalise  # brings scipy, which the web process does without

        mastered = normalise(cut, SAMPLE_RATE, check=run.check)
        run.progress(1.0, "mastering")
        return Clip(
            audio=mastered,
            sample_rate=SAMPLE_RATE,
            tempo=request.tempo,
            key=track.key,
            score=score,
            title=title,
            instruments=track.instruments,
            notice=notice(track, request),
        )

    def _choose(self, request: GenerateRequest, options: Options, run: Run) -> tuple[LibraryTrack, float, float]:
        """The best track with its tempo in BPM and the time of its first beat in seconds."""
        found = tracks(self.folder, request.genre)
        rng = stream(request.seed, "dataset", request.genre)
        unknown = [t for t in found if not t.known]
        rng.shuffle(unknown)  # type: ignore[arg-type]
        drawn = unknown[:CANDIDATES]
        fit: list[tuple[float, LibraryTrack, float, float]] = []
        unreadable: BadInput | None = None
        pool = [t for t in found if t.known] + drawn
        for index, track in enumerate(pool):
            run.check()
            run.progress(0.4 * index / len(pool), "choosing a track")
            try:
                tempo, first = (track.tempo, 0.0) if track.tempo else self._analysed(track.path)
            except BadInput as error:
                unreadable = error
                continue
            mismatch = cost(track, tempo, request) + 2.0 * options.variety * float(rng.random())
            fit.append((mismatch, track, tempo, first))
        if not fit:
            raise BadInput(f"No recording in genres/{request.genre} can be read. {unreadable}")
        _, track, tempo, first = min(fit, key=lambda item: item[0])
        return track, tempo, first

    def _analysed(self, path: Path) -> tuple[float, float]:
        """Tempo and first beat of a file without a description, from memory while the file is unchanged."""
        stat = path.stat()
        key = (path, stat.st_mtime, stat.st_size)
        if key not in self._beats:
            mono, rate = decode(path, ANALYSED_AT, mono=True, max_seconds=60.0)
            tempo, beats = track_beats(mono, rate)
            self._beats[key] = (tempo, float(beats[0]) if len(beats) else 0.0)
        return self._beats[key]


def cost(track: LibraryTrack, tempo: float, request: GenerateRequest) -> float:
    """How badly a track fits: stretching, missing and unwanted instruments, another key."""
    octave = best_octave(tempo, request.tempo)
    total = _TEMPO_WEIGHT * abs(math.log2(request.tempo / (tempo * octave))) + (0.4 if octave != 1 else 0.0)
    if request.instruments and track.known:
        asked, played = set(request.instruments), set(track.instruments)
        total += _INSTRUMENT_WEIGHT * (1 - len(asked & played) / len(asked | played))
    elif request.instruments:
        total += 0.6 * _INSTRUMENT_WEIGHT
    if request.key and track.key != request.key:
        total += _KEY_WEIGHT
    return total


def plan_cuts(
    track: LibraryTrack, seconds: float, seconds_per_bar: float, length: float
) -> tuple[tuple[Cut, ...], bool]:
    """The bars to play of a track ``seconds`` long, and whether its final chord follows them."""
    if track.final is not None:
        source = int(track.final // track.metre)
        # The last chord may fall within a bar; what comes before it in that bar belongs to the tail.
        lead = track.final % track.metre / track.metre * seconds_per_bar
        wanted = int((length - MIN_RING - lead) // seconds_per_bar)
        if wanted >= 1 and source >= 1:
            return bar_cuts(source, wanted, ends=True, intro=4 if source > 8 else 0), True
    source = max(1, int(seconds // seconds_per_bar))
    return bar_cuts(source, math.ceil(length / seconds_per_bar), ends=False), False


def notice(track: LibraryTrack, request: GenerateRequest) -> str | None:
    """What of the request the track does not follow, in a sentence, or None."""
    said = []
    missing = [name for name in request.instruments if name not in track.instruments]
    if request.instruments and not track.known:
        said.append("which instruments the recording has is not known")
    elif missing:
        said.append(f"the best track in the library has no {', '.join(m.replace('_', ' ') for m in missing)}")
    if request.key and track.key != request.key:
        said.append(f"it is in {track.key}" if track.key else "its key is not known")
    if not said:
        return None
    text = "; ".join(said)
    return text[0].upper() + text[1:] + "."


def load(device: str = "cpu", folder: Path = FOLDER) -> Dataset:
    """The library backend over ``folder`` (by default the project's ``genres``); ``device`` makes no difference."""
    return Dataset(folder)
