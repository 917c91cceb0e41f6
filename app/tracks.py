"""From a job's stored parameters to a generator's request, and from its clip to a track's row."""

from typing import Any

from app.tables import Track, new_id
from models.spec import Clip, GenerateRequest, Source


def request_of(params: dict[str, Any], source: Source | None = None) -> GenerateRequest:
    """The stored parameters as generators take them, with the music to go on from."""
    return GenerateRequest(
        genre=params["genre"],
        instruments=tuple(params["instruments"]),
        tempo=params["tempo"],
        length=params["length"],
        seed=params["seed"],
        key=params["key"],
        title=params["title"],
        guide_strength=params["guide_strength"],
        options=params["options"],
        source=source,
    )


def track_of(clip: Clip, request: GenerateRequest, params: dict[str, Any]) -> Track:
    """The row of a finished clip, without its files."""
    return Track(
        id=new_id(),
        title=clip.title,
        origin="generated",
        kept=True,
        genre=request.genre,
        tempo=clip.tempo,
        key=clip.key,
        length=clip.audio.shape[1] / clip.sample_rate,
        sample_rate=clip.sample_rate,
        seed=request.seed,
        mode=params["mode"],
        instruments=list(clip.instruments),
        params=params | {"notice": clip.notice},
        analysis={},
        source_format="wav",
        files=[],
    )
