"""Celery: the engine. PostgreSQL is the truth; a lost or doubled message changes only time.

Why each option is what it is: docs/pipeline.md.
"""

from __future__ import annotations

import gc
import logging
import math
import os
from importlib import import_module
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
# A worker makes no pages: Django's checks would import all of them. `check_the_wall` has its own.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from celery import Celery
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings
from django_structlog.celery.receivers import CeleryReceiver
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from evalsite import peers, traces
from evalsite.env import TASK_SECONDS, load
from evalsite.origin import traceparent

LANES = ("cpu", "sandbox", "model")

# By name, because it imports the client, for which a command without a broker has no use.
TRANSPORT_ALIASES.update(
    dict.fromkeys(("redis", "rediss"), "evalsite.pipeline.transport:Transport")
)
app = Celery("evalsite")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_heartbeat=round(settings.ENV.peer_seconds),
    broker_transport_options=peers.of_broker(
        settings.BROKER_URL,
        seconds=settings.ENV.peer_seconds,
        hidden_seconds=settings.ENV.visibility_seconds,
    ),
    result_backend=settings.VALKEY_URL,
    broker_connection_retry_on_startup=True,
    # A Valkey at its memory's limit refuses what it is asked: without this the worker ends.
    broker_channel_error_retry=True,
    redis_socket_timeout=settings.ENV.peer_seconds,
    # A Unix socket has no keepalive, and redis-py refuses the option there.
    redis_socket_keepalive="+socket" not in settings.VALKEY_URL,
    redis_backend_health_check_interval=round(settings.ENV.peer_seconds),
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    result_expires=6 * 3600,
    result_chord_expires=3 * 86400,
    task_publish_retry_policy={"max_retries": 5},
    task_default_queue="control",
    task_routes={"pipeline.dispatch": {"queue": "dispatch"}},
    task_queues=[Queue("control"), Queue("dispatch"), *map(Queue, LANES)],
    task_soft_time_limit=TASK_SECONDS - 30,
    task_time_limit=TASK_SECONDS,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=not peers.speaks_amqp(settings.BROKER_URL),
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_max_tasks_per_child=500,
    worker_soft_shutdown_timeout=10,
    worker_send_task_events=True,
    task_send_sent_event=True,
    worker_hijack_root_logger=False,
    CELERY_DB_REUSE_MAX=1_000_000,
)
app.autodiscover_tasks(["evalsite.pipeline"])
app.steps["worker"].add(DjangoStructLogInitStep)
# The ids of a request travel with its tasks. By a setting of its own django-structlog would do so
# too, and import Celery into every command.
_receiver = CeleryReceiver()
_receiver.connect_signals()


@setup_logging.connect
def leave_logs_alone(**_: object) -> None:
    """Keep Django's LOGGING, which all processes share: unless heard, Celery sets up its own."""


@worker_process_init.connect
def collect_garbage_seldom(**_: object) -> None:
    """Pass over what is loaded: its collection took a third of loading and judging a case."""
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@worker_process_init.connect
def trace(**_: object) -> None:
    """Trace in the pool's processes, where the work is done: threads do not live on in them."""
    traces.start(load(), service="worker")


@worker_process_shutdown.connect
def send_last_spans(**_: object) -> None:
    """Send what a process has not sent when it is replaced or ends."""
    traces.flush()


@before_task_publish.connect
def pass_the_trace_on(headers: dict[str, object] | None = None, **_: object) -> None:
    """Carry the trace on also where this process is not traced itself."""
    if headers is not None:
        for name, value in traceparent().items():
            headers.setdefault(name, value)


@task_prerun.connect
def drop_dead_connections(**_: object) -> None:
    """Begin each task on a database connection that is alive and not too old."""
    from django.db import close_old_connections

    close_old_connections()


@worker_init.connect
def check_the_wall(**_: object) -> None:
    """Refuse to work on a database whose wall between tenants does not hold; wait for one."""
    from evalsite.pipeline.check_wall import check_wall

    # Celery would log an exception, and work on without having checked.
    if faults := check_wall(seconds=math.inf):
        raise SystemExit("; ".join(map(str, faults)))


@worker_init.connect
def import_before_forking(**_: object) -> None:
    """Import once what each process of the pool would import with the first batch it closes."""
    # They are as many as there are cores: threads of BLAS beside them would only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import_module("scipy.special")


@worker_ready.connect
def tell_that_it_lives(sender: Any, **_: object) -> None:
    """Let the coordinator know that this worker lives, until it ends."""
    from evalsite.pipeline import beat

    queues = app.amqp.queues.consume_from
    beat.start(name=sender.hostname, queues=queues, slots=sender.controller.concurrency)


@worker_shutting_down.connect
def tell_that_it_ends(**_: object) -> None:
    """Let the pool's processes hand back what they cannot end in time."""
    from evalsite.pipeline import stopping

    stopping.tell()
    stopping.end_in_time()


@worker_init.connect
def find_the_sandbox(**_: object) -> None:
    """Try the sandbox before the first case needs it, and log what holds judged code here."""
    from judges.sandbox.tiers import warm

    logging.getLogger(__name__).info("%s", warm())
