"""Listen: drop or record a sound and learn what it is."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app import findings, services
from app.accuracy import sentence
from app.errors import InputError, TunesmithError
from models import registry

listen = Blueprint("listen", __name__)
listen.add_app_template_filter(findings.of, "findings")
listen.add_app_template_filter(findings.clock, "clock")


@listen.get("/listen")
def show() -> str:
    """The page; with ``?track=`` a track of the library is analysed instead of an upload."""
    return _page()


@listen.post("/listen")
def submit() -> tuple[str, int] | BaseResponse:
    """What a browser without scripts sends."""
    upload, track_id = request.files.get("file"), request.form.get("track_id") or None
    try:
        if not track_id and (upload is None or not upload.filename):
            raise InputError("Choose a sound file first.", field="file")
        job = services.submit_classify(upload if not track_id else None, track_id=track_id)
    except TunesmithError as error:
        return _page(error), error.status
    return redirect(f"/j/{job.id}", 303)


def _page(error: TunesmithError | None = None) -> str:
    classifiers = [
        (spec, registry.not_ready(spec), sentence(registry.figures(spec))) for spec in registry.specs("classifiers")
    ]
    done = services.list_jobs(state="done", kind="classify", page_size=6)["jobs"]
    recent = [(job, findings.in_short(job["result"])) for job in done]
    return render_template("listen.html", page="listen", error=error, classifiers=classifiers, recent=recent)
