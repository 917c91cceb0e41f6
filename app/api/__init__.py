"""The REST API: one file a resource. Schemas, checks and the OpenAPI text all come from the same pydantic models."""

from typing import Any

from flask_openapi import APIBlueprint

from app.shapes import ErrorShape

ERRORS = {
    401: "a key is needed",
    403: "the request comes from a foreign site",
    404: "there is nothing of that id",
    405: "the method is not allowed here",
    409: "not ready, or not possible in this state",
    413: "over a limit",
    415: "the body is of a type this call does not read",
    422: "the request is wrong; `field` names the part",
    503: "database, broker or disk does not answer; try again",
}


def answers(ok: dict[int, Any], *errors: int) -> Any:
    """The documented answers of a call: its own, the listed errors, and those every call may give."""
    listed = {code: {"description": ERRORS[code], "content": _json(ErrorShape)} for code in (*errors, 401, 403, 503)}
    return {**listed, **ok}


def _json(model: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def binary(description: str, *types: str) -> dict[str, Any]:
    """The documented answer of a call that gives a file."""
    return {
        "description": description,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in types},
    }


def blueprints() -> list[APIBlueprint]:
    """All resources, imported here so that `app.api` itself stays free of them."""
    from app.api import (
        atlas,
        catalog,
        classify,
        generate,
        health,
        imports,
        jobs,
        melody,
        notes,
        playlists,
        recommend,
        scores,
        sheet_music,
        similar,
        stems,
        tracks,
        transcribe,
        words,
    )

    making = generate, notes, scores, stems, words, sheet_music
    understanding = classify, transcribe, melody, recommend, similar, atlas
    keeping = tracks, playlists, imports, jobs, catalog, health
    return [file.api for file in (*making, *understanding, *keeping)]
