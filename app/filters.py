"""Which tracks of the library are meant: the same filters for listing, similarity, the map and playlists."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.requests import KeyText, Text
from app.tables import Track, TrackLabel
from models.note_words import SOURCES

LIKE_ESCAPE = "\\"


class Filters(BaseModel):
    """What tracks must be like; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    search: Text | None = Field(None, max_length=200, description="Words in title, artist, genre or labels.")
    genre: str | None = Field(None, max_length=40)
    mode: str | None = Field(None, max_length=40)
    origin: Literal["generated", "uploaded"] | None = None
    source: Literal[*SOURCES] | None = Field(None, description="What the sound is made by.")  # type: ignore[valid-type]
    tempo_min: float | None = Field(None, ge=0, le=1000, description="BPM.")
    tempo_max: float | None = Field(None, ge=0, le=1000, description="BPM.")
    key: KeyText | None = Field(None, description="For example `A minor`.")
    tag: Text | None = Field(None, max_length=60, description="A label that its analysis found likely.")
    artist: Text | None = Field(None, max_length=200)

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions on `Track`; a track must also be kept."""
        found: list[ColumnElement[bool]] = [Track.kept.is_(True)]
        same: tuple[tuple[Any, Any], ...] = (
            (Track.genre, self.genre),
            (Track.mode, self.mode),
            (Track.origin, self.origin),
            (Track.key, self.key),
            (Track.artist, self.artist),
        )
        found += [column == value for column, value in same if value]
        if self.tempo_min is not None:
            found.append(Track.tempo >= self.tempo_min)
        if self.tempo_max is not None:
            found.append(Track.tempo <= self.tempo_max)
        found += [_has_label(escaped(label)) for label in (self.tag, self.source) if label]
        for word in (self.search or "").split():
            pattern = f"%{escaped(word.lower())}%"
            columns = (Track.title, func.coalesce(Track.artist, ""), func.coalesce(Track.genre, ""))
            found.append(or_(*(func.lower(c).like(pattern, escape=LIKE_ESCAPE) for c in columns), _has_label(pattern)))
        return found

    @property
    def are_any(self) -> bool:
        """Whether anything is left out at all."""
        return any(value is not None for value in self.model_dump().values())


def allowed(session: Session, filters: Filters) -> set[str] | None:
    """The ids of the tracks that are meant; None when all are."""
    if not filters.are_any:
        return None
    return set(session.scalars(select(Track.id).where(*filters.conditions())))


def escaped(text: str) -> str:
    """Text that means itself in a LIKE pattern."""
    for special in (LIKE_ESCAPE, "%", "_"):
        text = text.replace(special, LIKE_ESCAPE + special)
    return text


def _has_label(label: str) -> ColumnElement[bool]:
    """Whether a likely label is like the pattern, whose letters are small or large."""
    likely = func.lower(TrackLabel.label).like(label.lower(), escape=LIKE_ESCAPE)
    return Track.id.in_(select(TrackLabel.track_id).where(likely))
