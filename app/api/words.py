"""A request in words, both ways: GET /prompt and GET /wish."""

import dataclasses

from flask import Response, jsonify
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field

from app.api import answers
from app.requests import DEFAULT_TEMPO, Genre, Instrument, KeyText, Text
from models import wording
from models.prompt import prompt_of
from models.vocabulary import INSTRUMENTS, MAX_TEMPO, MIN_TEMPO

api = APIBlueprint("words", __name__, abp_tags=[Tag(name="catalogue")])


class PromptQuery(BaseModel):
    genre: Genre
    instruments: list[Instrument] = Field(default_factory=list, max_length=len(INSTRUMENTS))
    tempo: float = Field(DEFAULT_TEMPO, ge=MIN_TEMPO, le=MAX_TEMPO, description="BPM.")
    key: KeyText | None = None
    mood: Text | None = Field(None, max_length=100, examples=["dreamy, warm"])


class Prompt(BaseModel):
    prompt: str


class WishQuery(BaseModel):
    text: Text = Field(max_length=wording.LONGEST, description="For example: slow jazz with sax and piano, one minute.")


class WishShape(BaseModel):
    """What was understood of a sentence; null and [] where nothing was said."""

    genre: str | None
    instruments: list[str]
    tempo: float | None = Field(description="BPM.")
    length: float | None = Field(description="Seconds.")
    key: str | None
    unread: list[str] = Field(description="The words that nothing was made of.")


@api.get("/prompt", summary="A request in words", responses=answers({200: Prompt}, 422))
def get_prompt(query: PromptQuery) -> Response:
    """What models that are asked in words (the modes `api` and `musicgen`) are told, unless `options.prompt` says
    something else."""
    text = prompt_of(query.genre, query.instruments, query.tempo, query.key, query.mood)
    return jsonify(Prompt(prompt=text).model_dump())


@api.get("/wish", summary="Words as a request", responses=answers({200: WishShape}, 422))
def get_wish(query: WishQuery) -> Response:
    """Genre, instruments, tempo, length and key of an English sentence, by rules and a list of words."""
    wish = dataclasses.asdict(wording.read(query.text))
    return jsonify(WishShape.model_validate(wish).model_dump())
