"""The library: GET and POST /tracks, one track, and its files."""

from collections.abc import Sequence
from typing import Literal

from flask import Response, jsonify, request, send_file
from flask_openapi import APIBlueprint, FileStorage, Tag
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import FileStorage as UploadedFile

from app import library, renditions, services, study, uploads
from app.api import answers, binary
from app.context import current
from app.errors import InputError, TunesmithError
from app.filters import Filters
from app.requests import MAX_TITLE, Genre, Text
from app.shapes import ErrorDetail, TrackList, TrackShape
from app.tables import TrackFile

api = APIBlueprint("tracks", __name__, abp_tags=[Tag(name="library")])

MAX_FILES = 1000  # files in one upload

TEXT = {"text/plain": {"schema": {"type": "string"}}}
PARTIAL = {
    206: {"description": "the part asked for by Range"},
    304: {"description": "unchanged since the ETag given in If-None-Match"},
    416: {"description": "the Range lies outside the file"},
}


class TrackPath(BaseModel):
    track_id: str = Field(max_length=200)


class TrackQuery(Filters):
    model_config = ConfigDict(extra="ignore")

    sort: Literal["newest", "oldest", "title", "artist", "tempo", "length"] = "newest"
    page: int = Field(1, ge=1, le=100_000)
    page_size: int = Field(services.PAGE_SIZE, ge=1, le=services.MAX_PAGE_SIZE)


class TrackChange(BaseModel):
    """What may be changed; fields left out stay as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Text | None = Field(None, min_length=1, max_length=MAX_TITLE)
    genre: Genre | None = None
    kept: bool | None = Field(None, description="True puts a sound that was only analysed into the library.")


class UploadForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    files: list[FileStorage] = Field(default_factory=list, description="Audio of any usual format.")
    file: FileStorage | None = Field(None, description="The same for a single one.")


class Outcome(BaseModel):
    """What became of one uploaded file: a track, or the reason why not."""

    filename: str
    track: TrackShape | None = None
    error: ErrorDetail | None = None


class Outcomes(BaseModel):
    outcomes: list[Outcome]
    added: int
    refused: int


class AudioQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    format: Literal["wav", "mp3", "flac", "ogg"] = "mp3"
    download: bool = Field(False, description="Answer as an attachment with a proper file name.")


class SheetQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    part: Literal["full", "lead"] = Field("full", description="All parts, or the tune with chord symbols.")
    download: bool = Field(False, description="Answer as an attachment with a proper file name.")


class DownloadQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    download: bool = Field(False, description="Answer as an attachment with a proper file name.")


@api.get("/tracks", summary="The library", responses=answers({200: TrackList}, 422))
def list_tracks(query: TrackQuery) -> Response:
    """Search, filter, sort and page through all tracks."""
    filters = Filters(**{name: getattr(query, name) for name in Filters.model_fields})
    return jsonify(services.list_tracks(filters, query.sort, query.page, query.page_size))


@api.post("/tracks", summary="Add sounds to the library", responses=answers({201: Outcomes}, 413, 422))
def add_tracks(form: UploadForm) -> tuple[Response, int]:
    """Takes many files. Each has an outcome of its own: one that cannot be read does not stop the others."""
    sent = [uploads.sent_file(form.file), *(uploads.sent_file(file, "files") for file in form.files)]
    files = [file for file in sent if file is not None]
    if not files or len(files) > MAX_FILES:
        raise InputError(f"Send 1 to {MAX_FILES} files.", field="files")
    outcomes = take(files)
    added = sum(outcome.track is not None for outcome in outcomes)
    if added == 0 and len(files) == 1 and outcomes[0].error:
        error = outcomes[0].error
        raise InputError(error.message, field="file")
    answer = Outcomes(outcomes=outcomes, added=added, refused=len(files) - added)
    return jsonify(answer.model_dump()), 201


def take(files: Sequence[UploadedFile]) -> list[Outcome]:
    """Put sounds into the library and have them analysed; what cannot be read is told of and stops nothing."""
    outcomes = [_add(file) for file in files]
    if any(outcome.track for outcome in outcomes):
        study.order_if_possible(current())
    return outcomes


def _add(file: UploadedFile) -> Outcome:
    name = (file.filename or "")[:1000]
    try:
        track = uploads.receive(current(), file, kept=True)
    except TunesmithError as error:
        return Outcome(filename=name, error=ErrorDetail(code=error.code, message=error.message, field=error.field))
    return Outcome(filename=name, track=TrackShape.of(track))


@api.get("/tracks/<track_id>", summary="One track", responses=answers({200: TrackShape}, 404, 422))
def get_track(path: TrackPath) -> Response:
    """What is known of a track, and links to its files."""
    return jsonify(services.track_view(path.track_id))


@api.patch("/tracks/<track_id>", summary="Change a track", responses=answers({200: TrackShape}, 404, 415, 422))
def change_track(path: TrackPath, body: TrackChange) -> Response:
    """Rename a track, correct its genre, or keep a sound that was only analysed."""
    values = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    return jsonify(services.shape_of(library.change(current(), path.track_id, values)))


@api.delete(
    "/tracks/<track_id>",
    summary="Delete a track",
    responses=answers({204: {"description": "deleted"}}, 404, 409, 422),
)
def delete_track(path: TrackPath) -> tuple[str, int]:
    """Deletes the track and its files. 409 while a job works on it."""
    library.delete(current(), path.track_id)
    return "", 204


@api.get(
    "/tracks/<track_id>/audio",
    summary="The sound",
    responses=answers(
        {200: binary("the whole file", *(t.mime for t in renditions.AUDIO.values())), **PARTIAL}, 404, 422
    ),
)
def get_audio(path: TrackPath, query: AudioQuery) -> Response:
    """WAV, MP3, FLAC or OGG; formats that do not exist yet are made on the first call. Range requests work."""
    return _send(path.track_id, query.format, query.download)


@api.get(
    "/tracks/<track_id>/midi",
    summary="The MIDI file",
    responses=answers({200: binary("a Standard MIDI File", "audio/midi"), **PARTIAL}, 404, 422),
)
def get_midi(path: TrackPath, query: DownloadQuery) -> Response:
    """The exact score of a composed track. 404 for a sound without one."""
    return _send(path.track_id, "midi", query.download)


@api.get(
    "/tracks/<track_id>/score.json",
    summary="The score as JSON",
    responses=answers(
        {200: {"description": "tempo, key, metre, sections, chords and parts with notes"}, **PARTIAL},
        404,
        422,
    ),
)
def get_score(path: TrackPath) -> Response:
    """What the piano roll draws. A note is [onset, duration, pitch, velocity], times in quarter notes."""
    return _send(path.track_id, "score.json", False)


@api.get(
    "/tracks/<track_id>/score.musicxml",
    summary="The sheet music",
    responses=answers({200: binary("MusicXML 4.0", renditions.MUSICXML), **PARTIAL}, 404, 422),
)
def get_musicxml(path: TrackPath, query: SheetQuery) -> Response:
    """The score as MuseScore, Sibelius or Dorico open it; `part=lead` gives the tune with its chord symbols alone.

    The performance is quantised: swing is written straight with a word above it. 404 for a sound without a score.
    """
    return _send(path.track_id, "lead.musicxml" if query.part == "lead" else "score.musicxml", query.download)


@api.get(
    "/tracks/<track_id>/chords.txt",
    summary="The chords as text",
    responses=answers({200: {"description": "sections, bars and chords", "content": TEXT}, **PARTIAL}, 404, 422),
)
def get_chords(path: TrackPath, query: DownloadQuery) -> Response:
    """Sections, bars and chord symbols in ChordPro's grid. 404 for a sound without a score."""
    return _send(path.track_id, "chords.txt", query.download)


@api.get(
    "/tracks/<track_id>/peaks.json",
    summary="The waveform in outline",
    responses=answers({200: {"description": "lowest and highest sample of 1000 equal stretches"}, **PARTIAL}, 404, 422),
)
def get_peaks(path: TrackPath) -> Response:
    """`{peaks: [[lowest, highest], ...], seconds}`."""
    return _send(path.track_id, "peaks.json", False)


@api.get(
    "/tracks/<track_id>/spectrogram.png",
    summary="The spectrogram as a picture",
    responses=answers({200: binary("mel frequency over time", "image/png"), **PARTIAL}, 404, 422),
)
def get_spectrogram(path: TrackPath) -> Response:
    """Mel spectrogram in decibels, low frequencies at the bottom."""
    return _send(path.track_id, "spectrogram.png", False)


def _send(track_id: str, name: str, download: bool) -> Response:
    context = current()
    track = library.get(context, track_id)
    file = renditions.get(context, track, name)
    return stored_file(file, renditions.TYPES[name].mime, renditions.download_name(track, name), download)


def stored_file(file: TrackFile, mime: str, download_name: str, download: bool) -> Response:
    """A stored file with its ETag; parts of it where Range asks for them."""
    response = send_file(
        current().storage.open(file.key),
        mimetype=mime,
        as_attachment=download,
        download_name=download_name,
        conditional=False,
        etag=file.key.split("/")[1].split(".")[0][:32],
    )
    # The link stays the same when a title changes the file's content, so a copy must be asked about again.
    response.headers["Cache-Control"] = "private, no-cache"
    response.content_length = file.size
    response.make_conditional(request, accept_ranges=True, complete_length=file.size)
    return response
