from __future__ import annotations

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.gates.models import Gate
from evalsite.tenants.models import Role, Tenant
from tests.factories import make_gate, make_gate_check
from tests.tenant_rows import make_membership, make_user

TEXT = "name: release\nprimary: {metric: pass_rate, margin: 0.05}\n"
LIST = "/admin/gates/gate/"


@pytest.fixture
def signed_in(client: Client, as_acme: Tenant) -> Client:
    return as_role(client, Role.ENGINEER)


def as_role(client: Client, role: Role) -> Client:
    person = make_user(username="ann", is_staff=True)
    make_membership(user=person, role=role)
    client.force_login(person)
    return client


def saved(client: Client, text: str, *, gate: Gate | None = None) -> str:
    place = f"{LIST}{gate.pk}/change/" if gate else f"{LIST}add/"
    return client.post(place, {"file": text}, follow=True).content.decode()


def test_an_engineer_declares_a_gate(signed_in: Client) -> None:
    saved(signed_in, TEXT)
    gate = Gate.objects.get()
    assert (gate.name, gate.version, gate.declared_by) == ("release", 1, "ann")
    assert Entry.objects.get(action="gate.added").subject == "release"


def test_a_change_is_a_new_version(signed_in: Client) -> None:
    saved(signed_in, TEXT)
    saved(signed_in, TEXT + "alpha: 0.1\n", gate=Gate.objects.get())
    gate = Gate.objects.get()
    assert (gate.version, gate.spec["alpha"]) == (2, 0.1)
    assert Entry.objects.filter(action="gate.changed").count() == 1


def test_the_form_shows_the_file(signed_in: Client) -> None:
    gate = make_gate(name="release")
    page = signed_in.get(f"{LIST}{gate.pk}/change/").content.decode()
    assert "name: release" in page
    assert "margin: 0.03" in page


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [", "file: while parsing"),
        (TEXT + "colour: red", "colour: there is no such field"),
        (TEXT + "suite: moon", "there is no suite"),
        (TEXT.replace("release", "taken"), "There is a gate of that name"),
    ],
)
def test_a_file_that_cannot_be_is_told_beside_the_field(
    text: str, told: str, signed_in: Client
) -> None:
    make_gate(name="taken")
    assert told in saved(signed_in, text)
    assert Gate.objects.count() == 1


def test_the_name_stays(signed_in: Client) -> None:
    gate = make_gate(name="old")
    assert "The name stays" in saved(signed_in, TEXT, gate=gate)


def test_a_viewer_only_looks(client: Client, as_acme: Tenant) -> None:
    viewer, gate = as_role(client, Role.VIEWER), make_gate(name="release")
    assert "pass_rate: non_inferiority, margin 0.03" in viewer.get(LIST).content.decode()
    assert viewer.get(f"{LIST}{gate.pk}/change/").status_code == 200
    assert viewer.post(f"{LIST}add/", {"file": TEXT}).status_code == 403


def test_a_check_is_read_and_never_changed(signed_in: Client) -> None:
    reason = {"outcome": "failed", "rule": "guard", "title": "<b>x</b>", "text": "shown: harm"}
    check = make_gate_check(reasons=[reason])
    place = f"/admin/gates/gatecheck/{check.pk}/change/"
    page = signed_in.get(place).content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;: shown: harm" in page
    assert "margin: 0.03" in page
    assert signed_in.post(place, {"outcome": "passed"}).status_code == 403
    assert check.gate_name in signed_in.get("/admin/gates/gatecheck/").content.decode()
