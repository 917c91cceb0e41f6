"""Queue: every job, and the page of one job."""

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app import jobs, services, stems
from app.api.jobs import with_etag
from app.context import current

queue = Blueprint("queue", __name__)

FILTERS = ("queued", "running", "done", "failed", "cancelled")


@queue.get("/queue")
def show() -> Response:
    """All jobs, newest first; ``?fragment=1`` gives the list alone, which the page fetches to stay live."""
    state = request.args.get("state")
    number = request.args.get("page", 1, type=int)
    listed = services.list_jobs(state if state in FILTERS else None, page=max(1, min(number, 100_000)))
    name = "parts/job_list.html" if request.args.get("fragment") else "queue.html"
    html = render_template(name, page="queue", listed=listed, state=state, filters=FILTERS)
    return with_etag(make_response(html))


@queue.get("/j/<job_id>")
def one(job_id: str) -> Response:
    """One job: its progress, then its result; ``?fragment=1`` gives the result alone."""
    job = services.job_view(job_id)
    name = "parts/job_result.html" if request.args.get("fragment") else "job.html"
    return with_etag(make_response(render_template(name, page="queue", job=job)))


@queue.post("/j/<job_id>/cancel")
def cancel(job_id: str) -> BaseResponse:
    """What a browser without scripts sends to cancel."""
    jobs.cancel(current(), job_id)
    return redirect("/queue" if request.form.get("back") == "/queue" else f"/j/{job_id}", 303)


@queue.post("/j/<job_id>/retry")
def retry(job_id: str) -> BaseResponse:
    """Submit the same request again, with the same seed."""
    job = jobs.get(current(), job_id)
    if job.kind == stems.KIND:
        # Who asks the track for its stems must be told of this job.
        again = services.order_stems(job.params["track_id"])
    else:
        again = jobs.submit(current(), job.kind, job.params, queue_name=job.queue, seed=job.seed)
    return redirect(f"/j/{again.id}", 303)
