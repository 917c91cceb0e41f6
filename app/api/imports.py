"""POST /imports: a folder of this machine into the library; and what became of each file."""

from pathlib import Path

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field

from app import imports, jobs, services
from app.api import answers
from app.context import current
from app.errors import NotFound
from app.requests import Genre, Text
from app.shapes import JobShape

api = APIBlueprint("imports", __name__, abp_tags=[Tag(name="library")])


class ImportBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    folder: Text = Field(min_length=1, max_length=4000, description="On the server, below one of IMPORT_FOLDERS.")
    genre: Genre | None = Field(None, description="Of all files. Default: a folder's name where it is a genre.")


class ImportPath(BaseModel):
    job_id: str = Field(max_length=200)


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    page: int = Field(1, ge=1, le=100_000)
    page_size: int = Field(services.MAX_PAGE_SIZE, ge=1, le=1000)


class FileOutcome(BaseModel):
    file: str = Field(description="Path below the folder.")
    track_id: str | None
    known: bool = Field(description="The same bytes were in the library already.")
    error: str | None


class ImportOutcomes(BaseModel):
    files: list[FileOutcome]
    total: int = Field(description="Files dealt with so far.")
    page: int


@api.post("/imports", summary="Import a folder", responses=answers({202: JobShape}, 415, 422))
def submit(body: ImportBody) -> tuple[Response, int, dict[str, str]]:
    """Every sound below the folder. The job's result counts added, known and refused files and names the refused ones;
    a killed import goes on where it was."""
    job = imports.submit(current(), Path(body.folder), genre=body.genre)
    return jsonify(services.job_view(job.id)), 202, {"Location": f"/jobs/{job.id}"}


@api.get("/imports/<job_id>/files", summary="Each file's outcome", responses=answers({200: ImportOutcomes}, 404, 422))
def files(path: ImportPath, query: PageQuery) -> Response:
    """Also while the import is running."""
    context = current()
    if jobs.get(context, path.job_id).kind != imports.KIND:
        raise NotFound(f"There is no import {path.job_id[:80]}.")
    with context.reads() as session:
        rows, total = imports.outcomes(session, path.job_id, query.page, query.page_size)
    shown = [FileOutcome(file=row.path, track_id=row.track_id, known=row.known, error=row.error) for row in rows]
    return jsonify(ImportOutcomes(files=shown, total=total, page=query.page).model_dump())
