"""gunicorn's settings: `--config python:evalsite.web.server` makes it log like everything else."""

from __future__ import annotations

from typing import Any, Final

from evalsite import env, logs

logconfig_dict: Final[dict[str, Any]] = logs.configure(env.load())
# For who switches gunicorn's own log of requests on: an address may hold a token, and so may the
# page that led there. Method, status, bytes, microseconds, and the id that finds our own line.
access_log_format: Final = "%(m)s %(s)s %(B)s %(D)s %({x-request-id}o)s"
