"""The committed OpenAPI document is the code's, and every operation tells what it is for."""

from __future__ import annotations

from io import StringIO

import yaml
from django.core.management import call_command
from django.test import Client

from evalsite.env import ROOT
from evalsite.keys.scopes import known_scopes
from tests.api.routes import routes

_MEND = "`make schema` writes it anew: look at what changed for those who use the API"


def test_the_committed_document_is_current() -> None:
    told = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=told)
    assert (ROOT / "docs" / "openapi.yaml").read_text() == told.getvalue(), _MEND


def test_every_route_is_told_with_what_it_does() -> None:
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    silent = [
        str(route)
        for route in routes()
        if not document["paths"][route.address][route.method].get("description")
    ]
    assert not silent


def test_every_operation_tells_the_scope_and_the_role_that_it_takes() -> None:
    """All but `me`, which is for whoever has a key."""
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    told = {
        f"{method} {address}": operation["description"]
        for address, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert [name for name, text in told.items() if "Scope `" not in text] == ["get /api/v1/me"]
    assert "Scope `cases:write`, role curator or above." in told["post /api/v1/suites"]


def test_the_page_of_keys_names_each_room() -> None:
    page = (ROOT / "docs" / "keys.md").read_text()
    rooms = {scope.partition(":")[0] for scope in known_scopes()}
    assert [room for room in sorted(rooms) if f"`{room}`" not in page] == []


def test_the_document_and_its_page_are_served(api: Client) -> None:
    served = yaml.safe_load(api.get("/api/v1/schema").content)
    assert served["paths"].keys() >= {"/api/v1/packs", "/api/v1/me"}
    assert "swagger-ui" in api.get("/api/v1/docs").content.decode()
    assert Client(enforce_csrf_checks=True).post("/api/v1/schema").status_code == 405
