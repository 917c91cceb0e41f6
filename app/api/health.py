"""GET /health and /metrics."""

import shutil

from flask import Response, current_app, jsonify
from flask_openapi import APIBlueprint, Tag
from kombu.exceptions import OperationalError as BrokerError
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import metrics, queue, workers
from app.api import answers
from app.context import Context, current
from app.settings import LOW_DISK, VERSION

api = APIBlueprint("health", __name__, abp_tags=[Tag(name="operation")])


class Check(BaseModel):
    ok: bool
    detail: str


class Health(BaseModel):
    live: bool = Field(description="The web process answers.")
    ready: bool = Field(description="Requests can be accepted: database, broker and disk are well.")
    working: bool = Field(description="Every queue has a living worker.")
    version: str
    checks: dict[str, Check]


@api.get("/health", summary="Is everything well?", responses=answers({200: Health, 503: Health}))
def health() -> tuple[Response, int]:
    """200 when requests can be accepted, 503 when not; `checks` says what is wrong."""
    context = current()
    checks = {
        "database": _database(context),
        "broker": _broker(context),
        "disk": _disk(context),
        "workers": _workers(context),
    }
    ready = all(checks[name].ok for name in ("database", "broker", "disk"))
    body = Health(live=True, ready=ready, working=checks["workers"].ok, version=VERSION, checks=checks)
    return jsonify(body.model_dump()), 200 if ready else 503


def _database(context: Context) -> Check:
    try:
        with context.reads() as session:
            session.execute(text("SELECT 1 FROM jobs LIMIT 1"))
    except SQLAlchemyError as error:
        return Check(ok=False, detail=type(error).__name__)
    return Check(ok=True, detail=context.engine.dialect.name)


def _broker(context: Context) -> Check:
    try:
        waiting = {name: queue.depth(context.celery, name) for name in queue.QUEUES}
    except (BrokerError, OSError) as error:
        return Check(ok=False, detail=type(error).__name__)
    return Check(ok=True, detail=", ".join(f"{name}: {n} waiting" for name, n in waiting.items()))


def _disk(context: Context) -> Check:
    free = shutil.disk_usage(context.settings.var_dir).free
    return Check(ok=free > LOW_DISK, detail=f"{free / 1e9:.1f} GB free")


def _workers(context: Context) -> Check:
    try:
        with context.reads() as session:
            alive = workers.alive(session)
    except SQLAlchemyError as error:
        return Check(ok=False, detail=type(error).__name__)
    served = {name for worker in alive for name in worker.queues.split(",")}
    missing = [name for name in queue.needed(context.settings) if name not in served]
    if missing:
        return Check(ok=False, detail=f"nothing works on the {' and '.join(missing)} queue")
    return Check(ok=True, detail=f"{sum(w.processes for w in alive)} processes")


@api.get(
    "/metrics",
    summary="Figures for Prometheus",
    responses=answers({200: {"description": "text exposition format"}}),
)
def get_metrics() -> Response:
    """Requests, jobs by state, tracks, living workers, the web process itself."""
    body = metrics.text(current_app.extensions["tunesmith-metrics"])
    return Response(body, mimetype="text/plain; version=0.0.4")
