"""Two minutes of what nobody would send, at a real server: nothing may break, leak or lie."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Final

from django.conf import settings
from django.urls import resolve

from evalsite import env
from evalsite.keys.issue import issue_key
from evalsite.tenants.models import Role
from tests.api.routes import routes
from tests.api.seeded_schema import seeded_schema
from tests.journeys.workshop import Workshop, until

SECONDS: Final = 120
# Statuses by which a body that fits its schema may be refused: what it names may not be there (404)
# or not be ready (409), or its content is not what the pack asks (422).
_CONFIG: Final = f"""
hooks = "{env.ROOT / "tests/api/fuzzer_hooks.py"}"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "412", "422", "429"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422"]
[generation]
allow-x00 = true
"""
_LOGGED = re.compile(r'"(?P<method>[A-Z]+) (?P<path>/api/v1/[^ ?"]*)[^"]*" (?P<status>\d{3})')
_LIMITS: Final = {"API_RATE_KEY": "1000000/minute", "API_RATE_TENANT": "1000000/minute"}


def test_nothing_breaks_and_nearly_all_is_reached(workshop: Workshop, tmp_path: Path) -> None:
    seeded, config, log = (tmp_path / name for name in ("openapi.json", "st.toml", "access.log"))
    seeded.write_text(json.dumps(seeded_schema()))
    config.write_text(_CONFIG)
    issued = issue_key(name="fuzzer", role=Role.OWNER, scopes=["*:read", "*:write"])
    site = _serve(workshop, log=log)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", str(seeded), "--url", site, "--max-time", str(SECONDS), "--no-color"),
            *("--header", f"Authorization: Bearer {issued.token.get_secret_value()}"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
            *("--warnings", "off", "--suppress-health-check", "all", "--seed", "1"),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "FUZZER_KEY_ID": str(issued.key.pk)},
        cwd=tmp_path,
        timeout=SECONDS + 60,
    )
    assert done.returncode == 0, done.stdout
    operations = {str(route) for route in routes()}
    missed = operations - _reached(log)
    assert len(missed) <= len(operations) // 10, sorted(missed)


def _serve(workshop: Workshop, *, log: Path) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    own = {"SECRET_KEY": settings.SECRET_KEY, **_LIMITS}  # the key was issued by this process
    workshop.environment = {**workshop.environment, **own}
    options = ("--worker-class", "gthread", "--threads", "4", "--access-logfile", str(log))
    workshop.start("-m", "gunicorn", "evalsite.wsgi", "--bind", place, *options)
    until(lambda: _answers(f"http://{place}/healthz"), what="the site is up")
    return f"http://{place}"


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _reached(log: Path) -> set[str]:
    """The routes that answered a 2xx, by the server's own log."""
    found = set()
    for match in _LOGGED.finditer(log.read_text()):
        if match["status"].startswith("2"):
            found.add(f"{match['method'].lower()} {resolve(match['path']).url_name}")
    return found
