"""A generate job: request -> backend -> clip -> files -> track."""

from app import renditions, sources
from app.context import Context
from app.tables import Job
from app.tracks import request_of, track_of
from models import audio, registry
from models.spec import Clip
from worker.heartbeat import Heartbeat
from worker.publish import publish

BACKEND_SHARE = 0.85  # of the progress bar; writing and encoding the files take the rest
LISTENING_FORMAT = "mp3"  # encoded at once, because every player asks for it; the others on demand


def generate(context: Context, job: Job, heart: Heartbeat) -> None:
    """Make the track and finish the job; a cancel or a lost lease leaves no file behind."""
    request = request_of(job.params, sources.of(context, job.params))
    mode = job.params["mode"]
    heart.run.progress(0.0, "loading the model")
    backend = registry.load("generators", mode, context.settings.device)
    clip: Clip = backend.generate(request, heart.run.part(0.0, BACKEND_SHARE))
    track = track_of(clip, request, job.params)
    heart.run.progress(BACKEND_SHARE, "writing files")
    paths = renditions.write_clip(clip, track, heart.folder, heart.run.check)
    heart.run.progress(0.9, f"encoding {LISTENING_FORMAT.upper()}")
    paths[LISTENING_FORMAT] = heart.folder / f"track.{LISTENING_FORMAT}"
    words = renditions.tags(track)
    path = paths[LISTENING_FORMAT]
    audio.encode(clip.audio, clip.sample_rate, path, LISTENING_FORMAT, words, check=heart.run.check)
    heart.run.progress(0.98, "storing")
    publish(context, job, heart, track, paths, clip.checkpoint)
