"""A batch is started from a page once its price was seen, and once only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_case, make_output, make_revision, make_run, make_suite
from tests.web.looking import looker, shown

ADDRESS = "/batches/start/?suite=sums"
FILLED = {"run": "v1", "use_cache": "on", "try_judges": "on", "request_key": "k" * 32}


@pytest.fixture
def suite(acme: Tenant) -> Suite:
    with tenant(acme.pk):
        made = make_suite(name="sums")
        for number in range(3):
            case = make_case(suite=made, key=f"c{number}")
            make_revision(case=case, tags=["red"] if number else [])
        make_output(run=make_run(name="v1"), case=case)
        make_run(name="elsewhere")
        make_run(name="live", eval_mode="live", status="running")
    return made


@pytest.fixture
def engineer(acme: Tenant, suite: Suite) -> Client:
    return looker(acme, role=Role.ENGINEER)


def sent(client: Client, **fields: Any) -> str:
    answer = client.post(ADDRESS, {**FILLED, **fields})
    assert answer.status_code == 200
    return str(answer.content.decode())


def priced(page: str) -> str:
    found = re.search(r'name="priced" value="(\w+)"', page)
    return found[1] if found else ""


def batches(acme: Tenant) -> list[Batch]:
    with tenant(acme.pk):
        return list(Batch.objects.all())


@pytest.mark.usefixtures("suite")
def test_it_asks_for_the_suite_first(acme: Tenant, globex: Tenant) -> None:
    assert "<option>sums</option>" in shown(acme, "/batches/start/", role=Role.ENGINEER)
    assert "There is no suite yet" in shown(globex, "/batches/start/", role=Role.ENGINEER)
    foreign = looker(globex, role=Role.ENGINEER).get(ADDRESS)
    assert foreign.status_code == 404


def test_runs_are_told_by_what_they_hold(engineer: Client) -> None:
    page = engineer.get(ADDRESS).content.decode()
    groups = re.findall(r'<optgroup label="([^"]+)">\s*<option value="(\S+)"', page)
    assert groups == [
        ("Recorded for sums", "v1"),
        ("Asked while it is scored", "live"),
        ("Others", "elsewhere"),
    ]


def test_the_price_comes_first(acme: Tenant, engineer: Client) -> None:
    page = sent(engineer, tags="red", repetitions="2")
    assert "<strong>2 cases \N{MULTIPLICATION SIGN} 2</strong>" in page
    assert "It asks no model and costs nothing" in page
    assert 'name="start"' in page
    assert batches(acme) == []


def test_what_was_priced_is_started_once(acme: Tenant, engineer: Client) -> None:
    wanted = {"limit": "2", "max_cost_usd": "1.5", "judge_": "fuzzy"}
    seen = priced(sent(engineer, **wanted))
    answers = [
        engineer.post(ADDRESS, {**FILLED, **wanted, "priced": seen, "start": "1"}) for _ in range(2)
    ]
    (batch,) = batches(acme)
    assert [answer["Location"] for answer in answers] == [reverse("batch", args=[batch.pk])] * 2
    assert (batch.n_cases, batch.selection, float(batch.max_cost_usd or 0)) == (
        2,
        {"limit": 2},
        1.5,
    )
    assert [stage["judge"] for stage in batch.manifest["stages"]] == ["fuzzy"]


def test_what_was_changed_since_is_priced_again(acme: Tenant, engineer: Client) -> None:
    seen = priced(sent(engineer, limit="1"))
    page = sent(engineer, limit="2", priced=seen, start="1")
    assert "changed since you looked" in page
    assert priced(page) != seen
    assert batches(acme) == []


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"tags": "unheard"}, "id_tags", "nothing_selected"),
        ({"run": "live"}, "id_run", "run_not_ready"),
        ({"options": '{"x": 1}'}, "id_options", "options_invalid"),
        ({"options": "{"}, "id_options", "JSON"),
        ({"limit": "0"}, "id_limit", "greater than or equal to 1"),
        ({"judge_": "x"}, "id_judge_", "not one of the available choices"),
    ],
    ids=str,
)
def test_errors_stand_at_their_field(
    acme: Tenant, engineer: Client, fields: dict[str, str], field: str, code: str
) -> None:
    page = sent(engineer, **fields)
    said = page.partition(f'id="{field}_error"')[2].partition("</span>")[0]
    assert code in said
    assert batches(acme) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR])
def test_only_engineers_start(acme: Tenant, suite: Suite, role: Role) -> None:
    client = looker(acme, role=role)
    assert [client.get(ADDRESS).status_code, client.post(ADDRESS, FILLED).status_code] == [403] * 2


@pytest.mark.parametrize(
    ("pack", "wanted"),
    [
        ("rag", ["judge_faithfulness"]),
        ("nl2api", ["judge_semantics", "option_profile", "option_ordered"]),
        ("codegen", ["judge_quality", "option_strength"]),
    ],
)
def test_each_pack_has_its_options(acme: Tenant, pack: str, wanted: list[str]) -> None:
    with tenant(acme.pk):
        make_suite(name="other", pack=pack)
    page = shown(acme, "/batches/start/", role=Role.ENGINEER, suite="other")
    assert [name for name in wanted if f'name="{name}"' in page] == wanted
