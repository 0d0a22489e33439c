"""Each problem tells how to mend it."""

from __future__ import annotations

from django.test import Client

from evalsite.tenants.models import Role, Tenant
from tests.api.conftest import post
from tests.people.joined import signed_in


def test_a_form_is_told_what_is_read(api: Client) -> None:
    told = api.post("/api/v1/suites", {"name": "capitals", "pack": "exact"}).json()
    assert told["code"] == "unsupported_media_type"
    assert "application/json" in told["hint"]


def test_who_wants_another_form_is_told_which_there_are(api: Client) -> None:
    told = api.get("/api/v1/suites", headers={"accept": "text/csv"}).json()
    assert (told["code"], "application/json" in told["hint"]) == ("not_acceptable", True)


def test_a_pack_that_is_none_is_told_with_those_there_are(api: Client) -> None:
    told = post(api, "suites", {"name": "capitals", "pack": "nope"}).json()
    assert told["detail"] == "There is no pack called 'nope'"
    assert "exact" in told["hint"]


def test_a_session_without_its_token_is_told_where_it_goes(acme: Tenant) -> None:
    person = signed_in(acme, Role.OWNER)
    person.handler.enforce_csrf_checks = True
    refused = post(person, "suites", {"name": "capitals", "pack": "exact"})
    assert (refused.status_code, "X-CSRFToken" in refused.json()["hint"]) == (403, True)
