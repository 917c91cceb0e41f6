"""The files of a track: what a finished clip is turned into, and the formats made when first asked for."""

import json
import re
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from app import scores
from app.context import Context
from app.errors import NotFound
from app.settings import VERSION
from app.tables import Track, TrackFile
from models import audio, pictures
from models.spec import Audio, Clip

PEAKS = 1000  # pairs of lowest and highest sample over the whole track
PICTURE_WIDTH, PICTURE_HEIGHT = 1200, 300  # pixels of the spectrogram
ENCODERS = threading.Semaphore(2)  # conversions at a time in one web process: each wants a whole core


@dataclass(frozen=True)
class FileType:
    """How a file of a track is called outside."""

    extension: str
    mime: str


MUSICXML = "application/vnd.recordare.musicxml+xml"
AUDIO = {name: FileType(f.extension, f.mime) for name, f in audio.FORMATS.items() if name != "opus"}
TYPES: Mapping[str, FileType] = {
    **AUDIO,
    "midi": FileType(".mid", "audio/midi"),
    "score.json": FileType(".json", "application/json"),
    "score.musicxml": FileType(".musicxml", MUSICXML),
    "lead.musicxml": FileType(" (lead sheet).musicxml", MUSICXML),
    "chords.txt": FileType(" (chords).txt", "text/plain"),
    **{f"voice.{name}": FileType(f" (voice){kind.extension}", kind.mime) for name, kind in AUDIO.items()},
    "transcription.json": FileType(".json", "application/json"),
    "form.png": FileType(".png", "image/png"),
    "peaks.json": FileType(".json", "application/json"),
    "spectrogram.png": FileType(".png", "image/png"),
}
PICTURES = ("peaks.json", "spectrogram.png")
VOICE = "voice"
"""The file of a transcription that was sent, whatever its format; `voice.mp3` and so on are made from it."""


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
        paths["score.json"].write_text(scores.dump(clip.score))
    return paths


def get(context: Context, track: Track, name: str) -> TrackFile:
    """A file of a track, made now if it can be made from what there is. Raises NotFound where it cannot."""
    found = _found(track, name)
    if found is not None:
        return found
    if not _can_make(track, name):
        raise NotFound(f"This track has no {name}.")
    return made_once(context, track, name, TYPES[name].extension.rpartition(".")[2], _maker(context, track, name))


def _can_make(track: Track, name: str) -> bool:
    if name in scores.WRITERS:
        return _found(track, scores.SCORE) is not None
    if _of_voice(name):
        return _found(track, VOICE) is not None
    return name in AUDIO or name in PICTURES


def _of_voice(name: str) -> bool:
    return name.startswith(f"{VOICE}.")


def made_once(context: Context, track: Track, name: str, suffix: str, make: Callable[[Path], None]) -> TrackFile:
    """The file ``name`` of a track; ``make`` writes it to a path where it does not exist yet. Raises NotFound."""
    with ENCODERS:
        with context.reads() as session:
            fresh = session.get(Track, track.id)
        found = _found(fresh, name) if fresh else None
        if found is not None:
            return found
        with tempfile.TemporaryDirectory(dir=context.settings.scratch_dir) as folder:
            target = Path(folder) / name
            make(target)
            stored = context.storage.put(target, suffix)
        return _written_down(context, TrackFile(track_id=track.id, name=name, key=stored.key, size=stored.size))


def _found(track: Track, name: str) -> TrackFile | None:
    return next((file for file in track.files if file.name == name), None)


def _maker(context: Context, track: Track, name: str) -> Callable[[Path], None]:
    """What writes a file of a track to a path."""
    if name in scores.WRITERS:
        return lambda target: scores.write(context, track, name, target)
    of_voice = _of_voice(name)
    source = _found(track, VOICE if of_voice else track.source_format)
    kind = name.removeprefix(f"{VOICE}.")
    assert source is not None, "a track always has the file it came from"

    def make(target: Path) -> None:
        with context.storage.local_path(source.key) as original:
            if kind in AUDIO:
                audio.transcode(original, target, kind, {"title": track.title} if of_voice else tags(track))
                return
            sound, rate = audio.decode(original, mono=True)
            if name == "peaks.json":
                target.write_text(_peaks_json(sound, rate))
            else:
                target.write_bytes(pictures.spectrogram_png(sound, rate, PICTURE_WIDTH, PICTURE_HEIGHT))

    return make


def _written_down(context: Context, file: TrackFile) -> TrackFile:
    """The row of a new file, or of the same one that another process has made meanwhile."""
    try:
        with context.writes.begin() as session:
            session.add(file)
    except IntegrityError:
        # Another process made it meanwhile, or the track was deleted.
        with context.reads() as session:
            other = session.get(TrackFile, (file.track_id, file.name))
        if other is None:
            raise NotFound(f"There is no track {file.track_id}.") from None
        return other
    return file


def _peaks_json(sound: Audio, rate: int) -> str:
    return json.dumps({"peaks": pictures.peaks(sound, PEAKS).round(4).tolist(), "seconds": sound.shape[1] / rate})


def download_name(track: Track, name: str) -> str:
    """A file name a person recognises: ``Blue Lantern.mp3``."""
    return f"{file_title(track)}{TYPES[name].extension}"


def file_title(track: Track) -> str:
    """A track's title without what file systems refuse; its id where nothing is left."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', " ", track.title).strip(" .")[:80] or track.id
