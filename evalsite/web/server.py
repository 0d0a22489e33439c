"""gunicorn's settings, by `--config python:evalsite.web.server`: who works, and what is logged."""

from __future__ import annotations

import os
from typing import Any, Final

from evalsite import env, logs

worker_class: Final = "gthread"
# A process a core; WEB_CONCURRENCY or `--workers` says otherwise.
workers: Final = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
# Most of them wait: for slow senders and readers. Who works at once, `web.turns` says.
threads: Final = 8
logconfig_dict: Final[dict[str, Any]] = logs.configure(env.load())
# For who switches gunicorn's own log of requests on: an address may hold a token, and so may the
# page that led there. Method, status, bytes, microseconds, and the id that finds our own line.
access_log_format: Final = "%(m)s %(s)s %(B)s %(D)s %({x-request-id}o)s"


def post_worker_init(worker: Any) -> None:
    """Watch the database in each process of the site; the name is gunicorn's."""
    from django.db import connection

    from evalsite.tenants.backend import pulse

    pulse.start(connection.get_connection_params())
