"""A note job: attributes -> a wave -> the files of a track that is forgotten after a day unless it is kept."""

from typing import Any

from app import notes, renditions
from app.context import Context
from app.tables import Job, Track, new_id
from models.spec import Clip
from worker.heartbeat import Heartbeat
from worker.publish import publish


def make(context: Context, job: Job, heart: Heartbeat) -> None:
    """Make the note and finish the job; a cancel or a lost lease leaves no file behind."""
    heart.run.progress(0.0, "loading the model")
    from models.generators.notes import note_clip

    asked = job.params["note"]
    heart.run.progress(0.2, "making the note")
    words = asked["family"], asked["source"], tuple(asked["qualities"])
    clip = note_clip(*words, asked["pitch"], asked["velocity"], job.params["seed"], job.params["title"])
    track = _track_of(clip, job.params)
    heart.run.progress(0.8, "writing files")
    paths = renditions.write_clip(clip, track, heart.folder, heart.run.check)
    publish(context, job, heart, track, paths, clip.checkpoint)


def _track_of(clip: Clip, params: dict[str, Any]) -> Track:
    return Track(
        id=new_id(),
        title=clip.title,
        origin="generated",
        kept=False,
        length=clip.audio.shape[1] / clip.sample_rate,
        sample_rate=clip.sample_rate,
        seed=params["seed"],
        mode=notes.KIND,
        instruments=[],
        params=params,
        analysis={},
        source_format="wav",
        files=[],
    )
