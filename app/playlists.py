"""Playlists: made of chosen tracks or grown from a seed, kept, and written as files that players read."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from app.context import Context
from app.errors import InputError, NotFound
from app.tables import Playlist, PlaylistEntry, Track

MOST = 1000
"""Tracks of a playlist."""


def make(context: Context, name: str, track_ids: Sequence[str]) -> Playlist:
    """Keep tracks in an order. Raises NotFound naming one that is not there, InputError when there are too many."""
    if not 1 <= len(track_ids) <= MOST:
        raise InputError(f"A playlist has 1 to {MOST} tracks.", field="track_ids")
    with context.writes.begin() as session:
        there = set(session.scalars(select(Track.id).where(Track.id.in_(track_ids))))
        missing = next((track_id for track_id in track_ids if track_id not in there), None)
        if missing is not None:
            raise NotFound(f"There is no track {missing[:80]}.")
        playlist = Playlist(name=name)
        playlist.entries = [PlaylistEntry(place=place, track_id=track_id) for place, track_id in enumerate(track_ids)]
        session.add(playlist)
    return playlist


def get(context: Context, playlist_id: str) -> tuple[Playlist, list[Track]]:
    """A playlist and its tracks in order. Raises NotFound."""
    with context.reads() as session:
        playlist = session.get(Playlist, playlist_id)
        if playlist is None:
            raise NotFound(f"There is no playlist {playlist_id[:80]}.")
        ids = [entry.track_id for entry in playlist.entries]
        tracks = {track.id: track for track in session.scalars(select(Track).where(Track.id.in_(ids)))}
    return playlist, [tracks[track_id] for track_id in ids if track_id in tracks]


def listed(context: Context) -> list[Playlist]:
    """All playlists, newest first."""
    with context.reads() as session:
        return list(session.scalars(select(Playlist).order_by(Playlist.created.desc(), Playlist.id)))


def delete(context: Context, playlist_id: str) -> None:
    """Forget a playlist; its tracks stay. Raises NotFound."""
    with context.writes.begin() as session:
        playlist = session.get(Playlist, playlist_id)
        if playlist is None:
            raise NotFound(f"There is no playlist {playlist_id[:80]}.")
        session.delete(playlist)


def as_m3u(playlist: Playlist, tracks: Sequence[Track], base: str) -> str:
    """Extended M3U in UTF-8; ``base`` is the address of this server, as players fetch the sound from it."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_one_line(playlist.name)}"]
    for track in tracks:
        who = f"{_one_line(track.artist)} - " if track.artist else ""
        lines += [f"#EXTINF:{round(track.length)},{who}{_one_line(track.title)}", _sound(track, base)]
    return "\n".join(lines) + "\n"


def as_jspf(playlist: Playlist, tracks: Sequence[Track], base: str) -> dict[str, Any]:
    """JSPF, the JSON form of XSPF (xspf.org, version 1)."""
    rows = []
    for track in tracks:
        row: dict[str, Any] = {
            "location": [_sound(track, base)],
            "identifier": [f"{base}/tracks/{quote(track.id)}"],
            "title": track.title,
            "duration": round(track.length * 1000),
        }
        if track.artist:
            row["creator"] = track.artist
        rows.append(row)
    return {"playlist": {"title": playlist.name, "track": rows}}


def _sound(track: Track, base: str) -> str:
    return f"{base}/tracks/{quote(track.id)}/audio?format=mp3"


def _one_line(text: str) -> str:
    """Line breaks would be lines of the file."""
    return " ".join(text.split())
