"""`openrun` opens a live run, and freezes how it is asked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.targets.models import Run
from evalsite.tenants.models import Tenant
from tests.model_rows import make_endpoint

pytestmark = pytest.mark.usefixtures("as_acme")
CHAT = {"kind": "chat", "endpoint": "main", "model": "m"}


@pytest.fixture
def live(tmp_path: Path) -> Any:
    """Write a connection to a file and answer its name."""

    def write(value: Any) -> str:
        file = tmp_path / "live.json"
        file.write_text(json.dumps(value))
        return str(file)

    return write


def openrun(*arguments: str) -> str:
    out = io.StringIO()
    call_command("openrun", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_live_run_is_opened(live: Any) -> None:
    make_endpoint(name="main")
    told = json.loads(openrun("--run=r", "--target=bot", f"--live={live(CHAT)}", "--json"))
    assert (told["mode"], told["status"], told["target"]) == ("live", "pending", "bot")
    assert Run.objects.get().connection == CHAT


def test_the_same_connection_is_the_same_run(live: Any) -> None:
    make_endpoint(name="main")
    openrun("--run=r", f"--live={live(CHAT)}")
    openrun("--run=r", f"--live={live(CHAT)}")
    with pytest.raises(CommandError, match="run_mismatch"):
        openrun("--run=r", f"--live={live(CHAT | {'model': 'n'})}")


def test_a_connection_may_come_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    make_endpoint(name="main")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(CHAT).encode())))
    openrun("--run=r", "--live=-")
    assert Run.objects.get().eval_mode == "live"


def test_without_a_connection_it_is_a_recorded_run() -> None:
    openrun("--run=r")
    assert (Run.objects.get().eval_mode, Run.objects.get().connection) == ("recorded", None)


def test_a_run_is_completed(live: Any) -> None:
    make_endpoint(name="main")
    openrun("--run=r", f"--live={live(CHAT)}")
    openrun("--run=r", "--complete")
    assert Run.objects.get().status == "completed"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (CHAT, "endpoint_unknown"),
        ({"kind": "mcp", "endpoint": "tools", "model_endpoint": "main"}, "endpoint_unknown"),
        ({"kind": "mcp", "endpoint": "other", "model_endpoint": "other"}, "connection_invalid"),
        ({"kind": "http", "endpoint": "other", "output": {"a": "$"}}, "connection_invalid"),
        ({"kind": "chat", "key": "s"}, "connection_invalid"),
        ({"kind": "callable", "path": "os:system"}, "callable_refused"),
    ],
)
def test_what_cannot_be_asked_is_refused(live: Any, value: dict[str, str], code: str) -> None:
    make_endpoint(name="other")
    make_endpoint(name="tools", kind="mcp")
    with pytest.raises(CommandError, match=code):
        openrun("--run=r", f"--live={live(value)}")
    assert not Run.objects.exists()


def test_the_endpoint_of_another_tenant_is_unknown(live: Any, globex: Tenant) -> None:
    from evalsite.tenants.scope import tenant

    with tenant(globex.pk):
        make_endpoint(name="main")
    with pytest.raises(CommandError, match="endpoint_unknown"):
        openrun("--run=r", "--tenant=acme", f"--live={live(CHAT)}")


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="connection_unreadable"):
        openrun("--run=r", "--live=/no/such.json")
