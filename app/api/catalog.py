"""What there is to choose from: GET /modes, /genres, /models."""

from typing import Any

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field

from app import services
from app.api import answers
from models import registry
from models.spec import Spec
from models.vocabulary import GENRES, INSTRUMENTS, TEMPO_WORDS, USUAL_BANDS, USUAL_TEMPOS, label

api = APIBlueprint("catalog", __name__, abp_tags=[Tag(name="catalogue")])


class Mode(BaseModel):
    name: str
    label: str
    summary: str
    number: int | None = Field(description="What older clients send as generate_mode.")
    honours: list[str] = Field(description="The parts of a request this mode follows.")
    options: dict[str, Any] = Field(description="JSON schema of its options.")
    ready: bool
    reason: str | None = Field(description="Why it is not ready, and what to install.")
    licence: str
    queue: str
    pace: float | None = Field(description="Seconds of work for a second of music, measured here; null before that.")


class Modes(BaseModel):
    modes: list[Mode]
    default: str


class Genre(BaseModel):
    name: str
    label: str
    instruments: list[str] = Field(description="The genre's usual band.")
    tempo: float = Field(description="A usual tempo in BPM.")


class Word(BaseModel):
    name: str
    label: str


class Genres(BaseModel):
    genres: list[Genre]
    instruments: list[Word]
    tempo_words: dict[str, int]


class Model(BaseModel):
    kind: str
    name: str
    label: str
    summary: str
    ready: bool
    reason: str | None
    licence: str
    queue: str
    cards: list[dict[str, Any]] = Field(description="Data, split, recipe and measured figures of its checkpoints.")


class Models(BaseModel):
    models: list[Model]


def modes() -> list[Mode]:
    """Every generator, the ready ones first."""
    from app.requests import DEFAULT_MODE

    measured = services.paces()
    rows = [_mode(spec, measured.get(spec.name)) for spec in registry.specs("generators")]
    return sorted(rows, key=lambda mode: (not mode.ready, mode.name != DEFAULT_MODE, mode.name))


def _mode(spec: Spec, pace: float | None) -> Mode:
    reason = registry.not_ready(spec)
    return Mode(
        name=spec.name,
        label=spec.label,
        summary=spec.summary,
        number=spec.number,
        honours=list(spec.honours),
        options=spec.options.model_json_schema(),
        ready=reason is None,
        reason=reason,
        licence=spec.licence,
        queue=spec.queue,
        pace=pace and round(pace, 3),
    )


def genres() -> list[Genre]:
    """The ten genres with their usual band and tempo."""
    return [
        Genre(name=name, label=label(name), instruments=list(USUAL_BANDS[name]), tempo=USUAL_TEMPOS[name])
        for name in GENRES
    ]


@api.get("/modes", summary="Generation modes", responses=answers({200: Modes}))
def get_modes() -> Response:
    """What each mode honours, the schema of its options, and whether it can run here."""
    from app.requests import DEFAULT_MODE

    return jsonify(Modes(modes=modes(), default=DEFAULT_MODE).model_dump())


@api.get("/genres", summary="Genres, instruments and tempo words", responses=answers({200: Genres}))
def get_genres() -> Response:
    """The vocabulary of a request."""
    instruments = [Word(name=name, label=label(name)) for name in INSTRUMENTS]
    return jsonify(Genres(genres=genres(), instruments=instruments, tempo_words=TEMPO_WORDS).model_dump())


@api.get("/models", summary="Every backend with its measured figures", responses=answers({200: Models}))
def get_models() -> Response:
    """Generators, classifiers, embedders and transcribers: ready or why not, licence, cards."""
    rows = []
    for kind in registry.KINDS:
        for spec in registry.specs(kind):
            reason = registry.not_ready(spec)
            rows.append(
                Model(
                    kind=kind,
                    name=spec.name,
                    label=spec.label,
                    summary=spec.summary,
                    ready=reason is None,
                    reason=reason,
                    licence=spec.licence,
                    queue=spec.queue,
                    cards=registry.cards(spec),
                )
            )
    return jsonify(Models(models=rows).model_dump())
