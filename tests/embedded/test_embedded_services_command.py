import json
import os
import subprocess
import sys

import pytest

from evalsite.embedded.layout import Layout
from evalsite.env import ROOT
from tests.embedded.asking import fetch, pids

URLS = {
    "DATABASE_URL": "postgresql://a@nowhere/x",
    "DATABASE_OWNER_URL": "postgresql://o@nowhere/x",
    "DATABASE_MAINT_URL": "postgresql://m@nowhere/x",
    "BROKER_URL": "redis://nowhere/0",
}


def _services(layout: Layout, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    kept = {key: value for key, value in os.environ.items() if key not in URLS}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "services", *words],
        env={**kept, "EVALSITE_DATA_DIR": str(layout.root), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_start_status_and_stop(layout: Layout) -> None:
    started = _services(layout, "start", "--json")
    assert started.returncode == 0, started.stderr
    lines = [json.loads(line) for line in started.stdout.splitlines()]
    assert {line["name"]: line["pid"] for line in lines} == pids(layout)
    assert fetch(layout, "SELECT count(*) FROM django_migrations") > 0
    shown = _services(layout, "status")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert shown.stderr.count("running") == 2
    assert _services(layout, "stop").returncode == 0
    assert set(pids(layout).values()) == {None}


def test_status_of_stopped_servers_is_1(layout: Layout) -> None:
    shown = _services(layout, "status", "--json")
    assert shown.returncode == 1
    assert [json.loads(line)["state"] for line in shown.stdout.splitlines()] == ["stopped"] * 2
    assert "not running: postgresql, valkey" in shown.stderr


def test_stopping_what_does_not_run_is_fine(layout: Layout) -> None:
    assert _services(layout, "stop").returncode == 0


@pytest.mark.parametrize("action", ["start", "stop", "status"])
def test_with_urls_set_nothing_is_embedded(layout: Layout, action: str) -> None:
    done = _services(layout, action, **URLS)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing is embedded" in done.stderr
    assert not (layout.data / "run").exists()


def test_only_what_no_url_replaces_is_embedded(layout: Layout) -> None:
    urls = {key: value for key, value in URLS.items() if key != "BROKER_URL"}
    started = _services(layout, "start", "--json", **urls)
    assert started.returncode == 0, started.stderr
    assert [json.loads(line)["name"] for line in started.stdout.splitlines()] == ["valkey"]
    assert pids(layout)["postgresql"] is None


def test_an_error_is_told_with_its_code_and_no_trace(layout: Layout) -> None:
    layout.data.mkdir()
    (layout.data / "valkey").mkdir()
    (layout.data / "valkey").chmod(0o777)
    started = _services(layout, "start")
    assert started.returncode == 1
    assert "[embedded_unsafe_folder]" in started.stderr
    assert "Traceback" not in started.stderr
