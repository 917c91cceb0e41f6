"""Playlists: made from tracks, from a seed or for you; read as JSON, M3U and JSPF."""

from typing import Self

from flask import Response, jsonify, request
from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app import library, neighbours, playlists
from app.api import answers, binary
from app.api.similar import Choice
from app.context import current
from app.errors import InputError
from app.filters import Filters
from app.requests import Text
from app.shapes import TrackShape
from app.tables import Playlist, Track

api = APIBlueprint("playlists", __name__, abp_tags=[Tag(name="similarity")])

M3U, JSPF = "audio/x-mpegurl", "application/jspf+json"


class PlaylistBody(Choice):
    """Tracks by id, or a seed whose neighbours follow it; with `personal` alone, what you may like."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Text = Field(min_length=1, max_length=500)
    track_ids: list[Text] | None = Field(None, min_length=1, max_length=playlists.MOST)
    seed: Text | None = Field(None, max_length=200, description="Id of a track to begin with.")
    to: Text | None = Field(None, max_length=200, description="With seed: the way to this track.")
    filters: Filters = Field(default_factory=Filters)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.track_ids and self.seed:
            raise ValueError("give either track_ids or seed")
        if not (self.track_ids or self.seed or self.personal):
            raise ValueError("give track_ids, seed or personal")
        return self


class PlaylistPath(BaseModel):
    playlist_id: str = Field(max_length=200)


class PlaylistLinks(BaseModel):
    self: str
    m3u: str
    jspf: str


class PlaylistShape(BaseModel):
    id: str
    name: str
    length: int = Field(description="How many tracks it has.")
    created: float
    links: PlaylistLinks


class PlaylistWhole(PlaylistShape):
    tracks: list[TrackShape]


class PlaylistList(BaseModel):
    playlists: list[PlaylistShape]


@api.post("/playlists", summary="Make a playlist", responses=answers({201: PlaylistWhole}, 404, 409, 415, 422))
def make(body: PlaylistBody) -> tuple[Response, int]:
    """Keeps chosen tracks, or grows a list from a seed by likeness."""
    playlist = playlists.make(current(), body.name, body.track_ids or _grown(body))
    return jsonify(_whole(*playlists.get(current(), playlist.id))), 201


def _grown(body: PlaylistBody) -> list[str]:
    context, wishes = current(), body.wishes(body.filters)
    with context.reads() as session:
        if not body.seed:
            found = [row["track"]["id"] for row in neighbours.for_listener(context, session, wishes)]
            if not found:
                raise InputError("Like some tracks first.", field="personal")
            return found
        seed = library.get(context, body.seed)
        if body.to:
            last = library.get(context, body.to)
            row = neighbours.path(context, session, seed, last, max(0, body.k - 2), wishes.embedder)
            return [track.id for track in row]
        query = neighbours.query_of(context, session, seed, wishes.embedder)
        return [seed.id, *(row["track"]["id"] for row in neighbours.find(context, session, query, wishes))]


@api.get("/playlists", summary="All playlists", responses=answers({200: PlaylistList}))
def listed() -> Response:
    """Newest first."""
    return jsonify({"playlists": [_short(playlist) for playlist in playlists.listed(current())]})


@api.get("/playlists/<playlist_id>", summary="One playlist", responses=answers({200: PlaylistWhole}, 404, 422))
def one(path: PlaylistPath) -> Response:
    """With its tracks."""
    return jsonify(_whole(*playlists.get(current(), path.playlist_id)))


@api.get(
    "/playlists/<playlist_id>/m3u",
    summary="As M3U",
    responses=answers({200: binary("an extended M3U playlist", M3U)}, 404, 422),
)
def as_m3u(path: PlaylistPath) -> Response:
    """For players: the tracks' MP3 at this server's address."""
    playlist, tracks = playlists.get(current(), path.playlist_id)
    return _file(playlists.as_m3u(playlist, tracks, _base()), M3U, playlist, "m3u8")


@api.get(
    "/playlists/<playlist_id>/jspf",
    summary="As JSPF",
    responses=answers({200: binary("a JSPF playlist", JSPF)}, 404, 422),
)
def as_jspf(path: PlaylistPath) -> Response:
    """The JSON form of XSPF."""
    playlist, tracks = playlists.get(current(), path.playlist_id)
    text = jsonify(playlists.as_jspf(playlist, tracks, _base())).get_data(as_text=True)
    return _file(text, JSPF, playlist, "jspf")


@api.delete(
    "/playlists/<playlist_id>",
    summary="Delete a playlist",
    responses=answers({204: {"description": "deleted"}}, 404, 422),
)
def delete(path: PlaylistPath) -> tuple[str, int]:
    """Its tracks stay."""
    playlists.delete(current(), path.playlist_id)
    return "", 204


def _base() -> str:
    return request.host_url.rstrip("/")


def _file(text: str, mime: str, playlist: Playlist, ending: str) -> Response:
    response = Response(text, mimetype=mime)
    name = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in playlist.name)[:80].strip()
    response.headers.set("Content-Disposition", "attachment", filename=f"{name or 'playlist'}.{ending}")
    return response


def _short(playlist: Playlist) -> dict[str, object]:
    base = f"/playlists/{playlist.id}"
    return PlaylistShape(
        id=playlist.id,
        name=playlist.name,
        length=len(playlist.entries),
        created=playlist.created,
        links=PlaylistLinks(self=base, m3u=f"{base}/m3u", jspf=f"{base}/jspf"),
    ).model_dump()


def _whole(playlist: Playlist, tracks: list[Track]) -> dict[str, object]:
    return _short(playlist) | {"tracks": [TrackShape.of(track).model_dump() for track in tracks]}
