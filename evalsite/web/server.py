"""gunicorn's settings: `--config python:evalsite.web.server` makes it log like everything else."""

from __future__ import annotations

from typing import Any, Final

from evalsite import env, logs

logconfig_dict: Final[dict[str, Any]] = logs.configure(env.load())
