"""The parts of a composed track: POST and GET /tracks/{id}/stems, one stem, all in a zip file."""

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import Field

from app import library, renditions, services, stems
from app.api import answers, binary
from app.api.tracks import PARTIAL, AudioQuery, TrackPath, stored_file
from app.context import current
from app.shapes import JobShape, StemList

api = APIBlueprint("stems", __name__, abp_tags=[Tag(name="library")])

ZIP = "application/zip"


class StemPath(TrackPath):
    number: int = Field(ge=0, le=999, description="Counted from 0, as the list has them.")


@api.post("/tracks/<track_id>/stems", summary="Make the stems", responses=answers({202: JobShape}, 404, 422))
def make_stems(path: TrackPath) -> tuple[Response, int, dict[str, str]]:
    """Answers with the job that renders every part on its own. Asking again gives the same job."""
    job = services.order_stems(path.track_id)
    return jsonify(services.job_view(job.id)), 202, {"Location": f"/jobs/{job.id}"}


@api.get("/tracks/<track_id>/stems", summary="The stems", responses=answers({200: StemList}, 404, 422))
def list_stems(path: TrackPath) -> Response:
    """The parts of a composed track as sounds of their own; together they are the track. Empty until they are made."""
    return jsonify(services.stems_view(path.track_id))


@api.get(
    "/tracks/<track_id>/stems/<int:number>",
    summary="One stem",
    responses=answers(
        {200: binary("the whole file", *(t.mime for t in renditions.AUDIO.values())), **PARTIAL}, 404, 422
    ),
)
def get_stem(path: StemPath, query: AudioQuery) -> Response:
    """WAV, MP3, FLAC or OGG at the level it has in the track, from its first to its last sample. Range works."""
    context = current()
    track = library.get(context, path.track_id)
    file = stems.get(context, track, path.number, query.format)
    name = stems.download_name(track, path.number, query.format)
    return stored_file(file, renditions.AUDIO[query.format].mime, name, query.download)


@api.get(
    "/tracks/<track_id>/stems.zip",
    summary="All stems in one file",
    responses=answers({200: binary("a zip file", ZIP)}, 404, 422),
)
def get_stems_zip(path: TrackPath, query: AudioQuery) -> Response:
    """Every stem in one format, sent while it is packed."""
    context = current()
    track = library.get(context, path.track_id)
    response = Response(stems.archive(context, track, query.format), mimetype=ZIP)
    response.headers.set("Content-Disposition", "attachment", filename=f"{renditions.file_title(track)} - stems.zip")
    return response
