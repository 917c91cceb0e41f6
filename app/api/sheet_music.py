"""GET /tracks/{id}/sheet.svg: scores as pages to look at."""

import hashlib
from typing import Literal

from flask import Response, request
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import library, scores
from app.api import answers, binary
from app.api.tracks import TrackPath
from app.context import current
from app.renditions import file_title
from models.composer.musicxml import to_lead_sheet, to_musicxml

api = APIBlueprint("sheet_music", __name__, abp_tags=[Tag(name="library")])


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    page: int = Field(1, ge=1, le=1000, description="Counted from 1.")
    part: Literal["full", "lead"] = Field("full", description="All parts, or the tune with chord symbols.")
    download: bool = Field(False, description="Answer as an attachment with a proper file name.")


@api.get(
    "/tracks/<track_id>/sheet.svg",
    summary="A page of the sheet music",
    responses=answers(
        {200: binary("the page", "image/svg+xml"), 304: {"description": "unchanged since the ETag given"}}, 404, 422
    ),
)
def sheet(path: TrackPath, query: PageQuery) -> Response:
    """The score engraved. The header `Sheet-Pages` tells how many pages there are."""
    context = current()
    track = library.get(context, path.track_id)
    write = to_lead_sheet if query.part == "lead" else to_musicxml
    drawn, pages = scores.engraved(write(scores.stored(context, track)), query.page)
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Sheet-Pages"] = str(pages)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(drawn.encode()).hexdigest()[:32])
    if query.download:
        number = f" {query.page}" if pages > 1 else ""
        response.headers.set("Content-Disposition", "attachment", filename=f"{file_title(track)}{number}.svg")
    response.make_conditional(request)
    return response
