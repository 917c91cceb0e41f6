"""The broker: Celery's queues, and the doorbell that tells workers of a job.

The broker never holds anything that the jobs table does not: a message is an id, and a lost one is rung again.
"""

from pathlib import Path
from typing import Any

from celery import Celery
from kombu import Queue

from app.settings import Settings

QUEUES = ("fast", "slow", "outside")
"""What the machine does quickly, what it does slowly, and what others do while we wait."""


def needed(settings: Settings) -> tuple[str, ...]:
    """The queues that must have a worker: without an outside model nothing comes into its queue."""
    return tuple(name for name in QUEUES if name != "outside" or settings.music_service)


RUN_TASK = "tunesmith.run"
BROKER_TIMEOUT = 2.0  # seconds until a broker that does not answer counts as down


def make_celery(settings: Settings) -> Celery:
    """The Celery object shared by web and workers, configured only from the settings."""
    celery = Celery("tunesmith", broker=settings.broker_url or _sqlite_broker(settings.var_dir))
    celery.conf.update(
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue="slow",
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        # A message is acknowledged when its job is over, and a process holds one at a time, so that a job
        # waiting behind a long one can be taken by any other worker. Losses are made good from the table.
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        worker_prefetch_multiplier=1,
        worker_proc_alive_timeout=120,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=settings.web_threads,
        broker_connection_timeout=BROKER_TIMEOUT,
        broker_transport_options=_transport_options(celery),
        enable_utc=True,
    )
    return celery


def _sqlite_broker(var_dir: Path) -> str:
    # Where no Valkey wheel exists (Windows), a SQLite file carries the messages.
    return f"sqla+sqlite:///{var_dir / 'broker.db'}"


def _transport_options(celery: Celery) -> dict[str, Any]:
    if not str(celery.conf.broker_url).startswith("redis"):
        return {}
    return {
        "socket_connect_timeout": BROKER_TIMEOUT,
        "socket_timeout": BROKER_TIMEOUT * 5,
        "socket_keepalive": True,
        "retry_on_timeout": False,
        "max_retries": 0,
    }


def ring(celery: Celery, job_id: str, queue: str) -> None:
    """Tell the workers of a queue that a job waits. Raises kombu's OperationalError when the broker is down."""
    celery.send_task(RUN_TASK, args=[job_id], queue=queue, retry=False, ignore_result=True)


def depth(celery: Celery, queue: str) -> int:
    """How many messages wait in a queue. Raises kombu's OperationalError when the broker is down."""
    with celery.connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT)
        with connection.channel() as channel:
            return int(Queue(queue, channel=channel).queue_declare(passive=False).message_count)
