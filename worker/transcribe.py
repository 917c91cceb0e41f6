"""A transcribe job: recording -> notes -> melody by the rules -> piano -> the files of a track."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from app import library, melodies, renditions, scores, transcribing
from app.context import Context
from app.tables import Job, Track, TrackFile, new_id
from models import audio, registry
from models.composer.midi import to_midi
from models.composer.musicxml import to_musicxml
from models.spec import Clip, Transcription
from models.transcription import form
from models.transcription.melody import Melody, play
from models.transcription.settings import Settings
from worker.heartbeat import Heartbeat
from worker.publish import publish

HEARING, PLAYING = 0.6, 0.8  # shares of the progress bar at which these are done
LISTENING_FORMAT = "mp3"
CURVE_STEP = 2  # frames: the curve is stored every 20 ms
LEVEL_RANGE = 60.0  # dB that are drawn
SOFT_DB = -40.0  # the loudest moment of a recording below this is not drawn in full


def transcribe(context: Context, job: Job, heart: Heartbeat) -> None:
    """Make the track and finish the job; a cancel or a lost lease leaves no file behind."""
    begun = time.monotonic()
    params = job.params
    settings = Settings(**params["settings"])
    origin = library.get(context, params["track_id"])
    edited = transcribing.edited(context, params)
    if edited is not None:
        words, heard, checkpoint = transcribing.stored(context, origin), edited, origin.params.get("checkpoint")
    else:
        found = _listen(context, params["content"], settings, heart)
        words, heard, checkpoint = _curve(found), list(found.heard), found.checkpoint
    heart.run.progress(HEARING, "applying the rules")
    seconds, rate = origin.length, _rate_of(origin)
    one_voice = settings.kind == "melody"
    melody = play(heard, seconds, settings.rules(), params["title"], one_voice=one_voice)
    heart.run.progress(HEARING + 0.05, f"playing the {settings.instrument.replace('_', ' ')}")
    from models.transcription import playing

    samples = round(seconds * rate)
    sound, out_rate = playing.play(melody.notes, settings.instrument, samples, rate, heart.run)
    facts = melodies.facts(melody)
    notices = [*words.get("notices", []), *facts.pop("notices")]
    track = _track_of(params, melody, seconds, out_rate, settings, checkpoint, rate, notices)
    heart.run.progress(PLAYING, "writing files")
    clip = Clip(sound, out_rate, melody.beats.bpm, track.key, melody.paper, track.title, (settings.instrument,))
    paths = renditions.write_clip(clip, track, heart.folder, heart.run.check)
    paths["midi"].write_bytes(to_midi(melody.midi))
    told = words | facts | {
        "seconds": seconds,
        "heard": [note.words() for note in heard],
        "settings": settings.model_dump(),
        "notices": notices,
        "pages": scores.engraved(to_musicxml(melody.paper), 1)[1],
    }  # fmt: skip
    paths |= _written(told, melody, heart.folder)
    heart.run.progress(PLAYING + 0.05, f"encoding {LISTENING_FORMAT.upper()}")
    paths[LISTENING_FORMAT] = heart.folder / f"track.{LISTENING_FORMAT}"
    tags = renditions.tags(track)
    audio.encode(sound, out_rate, paths[LISTENING_FORMAT], LISTENING_FORMAT, tags, check=heart.run.check)
    # The recording is stored already: the new track refers to the same file.
    track.files.append(TrackFile(name=renditions.VOICE, key=params["content"], size=_size(origin, params["content"])))
    heart.run.progress(0.98, "storing")
    more = {name: told[name] for name in ("notes", "tempo", "key", "tuning", "sections", "pages", "notices")}
    more["elapsed_ms"] = round(1000 * (time.monotonic() - begun))
    publish(context, job, heart, track, paths, checkpoint, more)


def _listen(context: Context, content: str, settings: Settings, heart: Heartbeat) -> Transcription:
    heart.run.progress(0.0, "loading the model")
    backend = registry.load("transcribers", transcribing.BACKENDS[settings.kind], context.settings.device)
    with context.storage.local_path(content) as path:
        recording = audio.Recording.open(path, max_seconds=context.settings.max_seconds)
    found: Transcription = backend.transcribe(recording, settings, heart.run.part(0.05, HEARING))
    return found


def _rate_of(track: Track) -> int:
    """The sample rate of the recording that was sent, of an upload or of an earlier transcription of it."""
    return int(track.params.get("voice_rate") or track.sample_rate)


def _curve(found: Transcription) -> dict[str, Any]:
    """What does not change with the rules: the pitch curve, the level, what was said."""
    curve = found.curve[::CURVE_STEP]
    level = np.clip((found.level[::CURVE_STEP] - max(found.level.max(), SOFT_DB)) / LEVEL_RANGE + 1, 0, 1)
    return {
        "hop": found.hop * CURVE_STEP,
        "curve": [None if np.isnan(value) else round(float(value), 2) for value in curve],
        "level": level.round(2).tolist(),
        "mixed": found.mixed,
        "notices": list(found.notices),
    }


def _track_of(
    params: dict[str, Any],
    melody: Melody,
    seconds: float,
    out_rate: int,
    settings: Settings,
    checkpoint: str | None,
    voice_rate: int,
    notices: list[str],
) -> Track:
    kept = {"settings": settings.model_dump(), "filename": params.get("filename"), "checkpoint": checkpoint}
    return Track(
        id=new_id(),
        title=params["title"],
        origin="generated",
        kept=False,
        tempo=round(melody.beats.bpm, 2) if melody.notes else None,
        key=melody.key.name if melody.key else None,
        length=seconds,
        sample_rate=out_rate,
        mode=transcribing.MODE,
        instruments=[settings.instrument],
        params=kept | {"voice_rate": voice_rate, "notice": " ".join(notices) or None},
        analysis={},
        source_format="wav",
        files=[],
    )


def _written(told: dict[str, Any], melody: Melody, folder: Path) -> dict[str, Path]:
    paths = {name: folder / name for name in (transcribing.TRANSCRIPTION, transcribing.FORM)}
    paths[transcribing.TRANSCRIPTION].write_text(json.dumps(told, separators=(",", ":")))
    paths[transcribing.FORM].write_bytes(form.picture(melody.form))
    return paths


def _size(origin: Track, key: str) -> int:
    return next(file.size for file in origin.files if file.key == key)
