"""The files of a track: what a finished clip is turned into, and the formats made when first asked for."""

import json
import re
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.context import Context
from app.errors import NotFound
from app.settings import VERSION
from app.tables import Track, TrackFile
from models import audio, pictures
from models.spec import Audio, Clip, Score

PEAKS = 1000  # pairs of lowest and highest sample over the whole track
PICTURE_WIDTH, PICTURE_HEIGHT = 1200, 300  # pixels of the spectrogram
ENCODERS = threading.Semaphore(2)  # conversions at a time in one web process: each wants a whole core


@dataclass(frozen=True)
class FileType:
    """How a file of a track is called outside."""

    extension: str
    mime: str


AUDIO = {name: FileType(f.extension, f.mime) for name, f in audio.FORMATS.items() if name != "opus"}
TYPES: Mapping[str, FileType] = {
    **AUDIO,
    "midi": FileType(".mid", "audio/midi"),
    "score.json": FileType(".json", "application/json"),
    "peaks.json": FileType(".json", "application/json"),
    "spectrogram.png": FileType(".png", "image/png"),
}
PICTURES = ("peaks.json", "spectrogram.png")


def tags(track: Track) -> dict[str, object]:
    """The words written into a track's files."""
    return {
        "title": track.title,
        "genre": track.genre,
        "bpm": round(track.tempo) if track.tempo else None,
        "key": track.key,
        "seed": track.seed,
        "mode": track.mode,
        "software": f"Tunesmith {VERSION}",
    }


def write_clip(clip: Clip, track: Track, folder: Path, check: Callable[[], None]) -> dict[str, Path]:
    """Write what a generator made as files in ``folder``: sound, peaks and, where there is a score, MIDI.

    ``check`` is called now and then and may raise, for example `models.spec.Cancelled`.
    """
    paths = {"wav": folder / "track.wav", "peaks.json": folder / "peaks.json"}
    audio.encode(clip.audio, clip.sample_rate, paths["wav"], "wav", tags(track), check=check)
    check()
    paths["peaks.json"].write_text(_peaks_json(clip.audio, clip.sample_rate))
    if clip.score is not None:
        from models.composer.midi import to_midi

        paths["midi"] = folder / "track.mid"
        paths["midi"].write_bytes(to_midi(clip.score))
        paths["score.json"] = folder / "score.json"
        paths["score.json"].write_text(json.dumps(score_dict(clip.score)))
    return paths


def score_dict(score: Score) -> dict[str, Any]:
    """A score as the piano roll reads it; a note is [onset, duration, pitch, velocity], times in quarter notes."""
    plain = asdict(score)
    for part, source in zip(plain["parts"], score.parts, strict=True):
        part["notes"] = [[round(n.onset, 4), round(n.duration, 4), n.pitch, n.velocity] for n in source.notes]
    return plain


def get(context: Context, track: Track, name: str) -> TrackFile:
    """A file of a track, made now if it can be made from what there is. Raises NotFound where it cannot."""
    found = _found(track, name)
    if found is not None:
        return found
    if name not in AUDIO and name not in PICTURES:
        raise NotFound(f"This track has no {name}: it was not composed as a score.")
    with ENCODERS:
        with context.reads() as session:
            fresh = session.get(Track, track.id)
        found = _found(fresh, name) if fresh else None
        return found or _make(context, track, name)


def _found(track: Track, name: str) -> TrackFile | None:
    return next((file for file in track.files if file.name == name), None)


def _make(context: Context, track: Track, name: str) -> TrackFile:
    source = _found(track, track.source_format)
    assert source is not None, "a track always has the file it came from"
    with (
        tempfile.TemporaryDirectory(dir=context.settings.scratch_dir) as folder,
        context.storage.local_path(source.key) as original,
    ):
        target = Path(folder) / name
        if name in AUDIO:
            audio.transcode(original, target, name, tags(track))
        else:
            sound, rate = audio.decode(original, mono=True)
            if name == "peaks.json":
                target.write_text(_peaks_json(sound, rate))
            else:
                target.write_bytes(pictures.spectrogram_png(sound, rate, PICTURE_WIDTH, PICTURE_HEIGHT))
        stored = context.storage.put(target, TYPES[name].extension[1:])
    file = TrackFile(track_id=track.id, name=name, key=stored.key, size=stored.size)
    try:
        with context.writes.begin() as session:
            session.add(file)
    except IntegrityError:
        # Another process made it meanwhile, or the track was deleted.
        with context.reads() as session:
            other = session.get(TrackFile, (track.id, name))
        if other is None:
            raise NotFound(f"There is no track {track.id}.") from None
        return other
    return file


def _peaks_json(sound: Audio, rate: int) -> str:
    return json.dumps({"peaks": pictures.peaks(sound, PEAKS).round(4).tolist(), "seconds": sound.shape[1] / rate})


def download_name(track: Track, name: str) -> str:
    """A file name a person recognises: ``Blue Lantern.mp3``."""
    title = re.sub(r'[\\/:*?"<>|\x00-\x1f]', " ", track.title).strip(" .")[:80]
    return f"{title or track.id}{TYPES[name].extension}"
