"""POST /transcribe, and what belongs to a transcription."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, FileStorage, Tag
from pydantic import ConfigDict, Field

from app import library, renditions, services, transcribing, uploads
from app.api import answers, binary
from app.api.generate import SubmitHeader
from app.api.tracks import PARTIAL, AudioQuery, DownloadQuery, TrackPath, stored_file
from app.api.waiting import WaitQuery, until_over
from app.context import current
from app.errors import NotFound
from app.requests import MAX_TITLE
from app.shapes import JobShape
from app.tables import Job
from app.transcribing import EditBody
from models.transcription.settings import Settings

api = APIBlueprint("transcribe", __name__, abp_tags=[Tag(name="understand")])


class TranscribeForm(Settings):
    """A voice to write down: a file, or the id of a track."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: FileStorage | None = Field(None, description="Audio of any usual format.")
    track_id: str | None = Field(None, max_length=100)
    title: str | None = Field(None, max_length=MAX_TITLE)


@api.post(
    "/transcribe",
    summary="Turn a voice into piano",
    responses=answers({200: JobShape, 202: JobShape}, 404, 409, 413, 422),
)
def transcribe(header: SubmitHeader, query: WaitQuery, form: TranscribeForm) -> tuple[Response, int, dict[str, str]]:
    """Writes down what is sung, hummed or whistled, and plays it: audio exactly as long as what was sent, MIDI,
    MusicXML and the table of notes. The result is a track that is forgotten after a day unless it is kept."""
    upload = uploads.sent_file(form.file)
    values = form.model_dump(exclude={"file", "track_id"})
    job = transcribing.submit(upload, values, form.track_id, header.idempotency_key)
    return _answer(job, query.wait)


@api.post(
    "/tracks/<track_id>/transcription",
    summary="Play other notes",
    responses=answers({200: JobShape, 202: JobShape}, 404, 415, 422),
)
def edit(
    header: SubmitHeader, path: TrackPath, query: WaitQuery, body: EditBody
) -> tuple[Response, int, dict[str, str]]:
    """A new track of notes that were corrected, or by other rules, to the same voice."""
    return _answer(transcribing.submit_edited(path.track_id, body, header.idempotency_key), query.wait)


def _answer(job: Job, wait: float) -> tuple[Response, int, dict[str, str]]:
    finished = until_over(job.id, wait)
    return jsonify(services.job_view(job.id)), 200 if finished else 202, {"Location": f"/jobs/{job.id}"}


@api.get(
    "/tracks/<track_id>/transcription.json",
    summary="What was heard",
    responses=answers({200: {"description": "pitch curve, notes as sung and as played, tempo, key, form"}}, 404, 422),
)
def heard(path: TrackPath) -> Response:
    """The pitch curve and the notes of a transcription, as sung (`heard`) and as played (`notes`), with its
    settings."""
    return _file(path.track_id, transcribing.TRANSCRIPTION, False)


@api.get(
    "/tracks/<track_id>/voice",
    summary="The recording that was transcribed",
    responses=answers(
        {200: binary("the whole file", *(t.mime for t in renditions.AUDIO.values())), **PARTIAL}, 404, 422
    ),
)
def voice(path: TrackPath, query: AudioQuery) -> Response:
    """The voice of a transcription, exactly as long as the track. Range requests work."""
    return _file(path.track_id, f"{renditions.VOICE}.{query.format}", query.download)


@api.get(
    "/tracks/<track_id>/form.png",
    summary="The form of a melody",
    responses=answers({200: binary("dissimilarity of any two moments", "image/png"), **PARTIAL}, 404, 422),
)
def form(path: TrackPath, query: DownloadQuery) -> Response:
    """Dark where two moments of the melody are alike; time runs from the upper left corner both ways."""
    return _file(path.track_id, transcribing.FORM, query.download)


def _file(track_id: str, name: str, download: bool) -> Response:
    context = current()
    track = library.get(context, track_id)
    if track.mode != transcribing.MODE:
        raise NotFound("This track is no transcription of a voice.")
    file = renditions.get(context, track, name)
    return stored_file(file, renditions.TYPES[name].mime, renditions.download_name(track, name), download)
