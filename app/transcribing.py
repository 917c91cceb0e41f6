"""Transcriptions: what may be asked, their jobs, and what is kept of them. The worker listens; see
`worker.transcribe`."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from werkzeug.datastructures import FileStorage

from app import jobs, library, uploads
from app.context import Context, current
from app.errors import InputError, NotFound, NotReady
from app.renditions import VOICE
from app.requests import MAX_TITLE, Text, first_problem
from app.tables import Job, Track
from models import registry
from models.transcription.notes import SungNote
from models.transcription.settings import Rules, Settings

KIND, QUEUE = "transcribe", "fast"
MODE = "hum"
"""``mode`` of the tracks."""
BACKENDS = {"melody": "vocal_piano", "polyphonic": "polyphonic"}
TRANSCRIPTION, FORM = "transcription.json", "form.png"
"""Names of a track's files: what was heard, the picture of its form; the recording itself is `renditions.VOICE`."""
MOST_NOTES = 5_000
MOST_SECONDS = 36_000.0
SHORTEST = 0.01  # seconds
USUAL_VELOCITY = 80


class NoteBody(BaseModel):
    """A note in seconds. Without ``pitch`` the key's own is meant."""

    model_config = ConfigDict(extra="forbid")

    onset: float = Field(ge=0, le=MOST_SECONDS, description="Seconds.")
    offset: float = Field(ge=0, le=MOST_SECONDS, description="Seconds.")
    midi: int = Field(ge=0, le=127, description="MIDI number of the key.")
    velocity: int = Field(USUAL_VELOCITY, ge=1, le=127)
    pitch: float | None = Field(None, ge=-2, le=130, description="What was sung, as a MIDI number with decimals.")
    confidence: float = Field(1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _has_length(self) -> "NoteBody":
        if self.offset - self.onset < SHORTEST:
            raise ValueError("a note must end at least 10 ms after it begins")
        return self

    def sung(self) -> SungNote:
        """The same for the rules. A key that was moved away from what was sung is meant as it stands."""
        near = self.pitch is not None and abs(self.pitch - self.midi) <= 1
        pitch = self.pitch if near and self.pitch is not None else float(self.midi)
        return SungNote(self.onset, self.offset, self.midi, self.velocity, pitch, self.confidence)


Notes = Annotated[list[NoteBody], Field(max_length=MOST_NOTES)]


class EditBody(BaseModel):
    """Notes to play instead of those that were heard, and how."""

    model_config = ConfigDict(extra="forbid")

    heard: Notes
    settings: Rules = Field(default_factory=lambda: Rules())
    title: Text | None = Field(None, max_length=MAX_TITLE)


def submit(
    upload: FileStorage | None,
    values: dict[str, Any],
    track_id: str | None = None,
    idempotency_key: str | None = None,
) -> Job:
    """Queue the transcription of an upload or of a track. ``values`` are texts or numbers by the names of `Settings`,
    and a title. Raises InputError, TooLarge, NotFound, NotReady, Unavailable."""
    title = str(values.get("title") or "").strip()[:MAX_TITLE]
    try:
        settings = Settings.model_validate({name: v for name, v in values.items() if name != "title"})
    except ValidationError as error:
        raise first_problem(error) from error
    spec = registry.spec("transcribers", BACKENDS[settings.kind])
    reason = registry.not_ready(spec)
    if reason is not None:
        raise NotReady(f"{spec.label} is not ready. {reason}", field="kind")
    if (upload is None) == (not track_id):
        raise InputError("Send either a file or a track_id.", field="file")
    context = current()
    track = uploads.receive(context, upload, kept=False) if upload else library.get(context, track_id or "")
    # Of a transcription the voice is heard again, not the piano.
    name = VOICE if track.mode == MODE else track.source_format
    content = next(file.key for file in track.files if file.name == name)
    params = {
        "track_id": track.id,
        "content": content,
        "filename": track.params.get("filename"),
        "title": title or track.title,
        "settings": settings.model_dump(),
    }
    return jobs.submit(context, KIND, params, queue_name=QUEUE, idempotency_key=idempotency_key)


def submit_edited(track_id: str, body: EditBody, idempotency_key: str | None = None) -> Job:
    """Queue other notes to the voice of a transcription. Raises NotFound, Unavailable."""
    context = current()
    track = library.get(context, track_id)
    earlier = stored(context, track)
    settings = Settings(**earlier["settings"]).model_copy(update=body.settings.model_dump())
    params = {
        "track_id": track.id,
        "content": file_key(track, VOICE),
        "title": (body.title or "").strip() or track.title,
        "settings": settings.model_dump(),
        "source": {"content": _kept(context, [note.sung().words() for note in body.heard])},
    }
    return jobs.submit(context, KIND, params, queue_name=QUEUE, idempotency_key=idempotency_key)


def _kept(context: Context, notes: list[dict[str, Any]]) -> str:
    """Notes as a stored file, which its job refers to: thousands of them would make every list of jobs long."""
    with tempfile.TemporaryDirectory(dir=context.settings.scratch_dir) as folder:
        path = Path(folder) / "notes.json"
        path.write_text(json.dumps(notes), encoding="utf-8")
        return context.storage.put(path, "json").key


def edited(context: Context, params: dict[str, Any]) -> list[SungNote] | None:
    """The notes that a job was given; None for one that listens for them."""
    if "source" not in params:
        return None
    with context.storage.open(params["source"]["content"]) as stream:
        return [SungNote(**row) for row in json.load(stream)]


def stored(context: Context, track: Track) -> dict[str, Any]:
    """What was heard, as the worker wrote it. Raises NotFound for a track that is no transcription."""
    with context.storage.open(file_key(track, TRANSCRIPTION)) as stream:
        found: dict[str, Any] = json.load(stream)
    return found


def file_key(track: Track, name: str) -> str:
    """The storage key of one of a transcription's own files. Raises NotFound for another track."""
    key = next((file.key for file in track.files if file.name == name), None)
    if key is None:
        raise NotFound("This track is no transcription of a voice.")
    return key
