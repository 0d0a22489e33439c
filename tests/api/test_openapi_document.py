"""The committed OpenAPI document is the code's, and every operation tells what it is for."""

from __future__ import annotations

from io import StringIO

import yaml
from django.core.management import call_command

from evalsite.env import ROOT
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
