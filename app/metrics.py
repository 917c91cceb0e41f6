"""Prometheus figures: requests counted as they pass, jobs and workers read from the database when asked."""

import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import func, select

from app import workers
from app.context import Context
from app.tables import Job, Track


class Jobs:
    """Reads the state of jobs, tracks and workers at the moment of a scrape."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def collect(self) -> Iterator[Metric]:
        with self.context.reads() as session:
            states = session.execute(select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state)).all()
            tracks = session.scalar(select(func.count()).select_from(Track))
            alive = workers.alive(session)
        family = GaugeMetricFamily("tunesmith_jobs", "Jobs by kind and state", labels=["kind", "state"])
        for kind, state, number in states:
            family.add_metric([kind, state], number)
        yield family
        yield GaugeMetricFamily("tunesmith_tracks", "Tracks stored", value=tracks or 0)
        living = GaugeMetricFamily("tunesmith_workers", "Living worker processes", labels=["queues"])
        for worker in alive:
            living.add_metric([worker.queues], worker.processes)
        yield living


def register(app: Flask, context: Context) -> CollectorRegistry:
    """Count and time every request of the application."""
    registry = CollectorRegistry()
    requests = Counter("tunesmith_requests", "HTTP requests", ["method", "route", "status"], registry=registry)
    seconds = Histogram("tunesmith_request_seconds", "Time to answer", ["route"], registry=registry)
    ProcessCollector(registry=registry)
    registry.register(Jobs(context))

    @app.before_request
    def start_clock() -> None:
        g.start = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        requests.labels(request.method, route, response.status_code).inc()
        if "start" in g:
            seconds.labels(route).observe(time.perf_counter() - g.start)
        return response

    return registry


def text(registry: CollectorRegistry) -> bytes:
    """The exposition format."""
    return generate_latest(registry)
