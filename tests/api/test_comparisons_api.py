"""Comparisons, their findings, and the baselines that people pin, over the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.regressions.models import Baseline
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, post, refusal
from tests.api.scored import two_batches
from tests.factories import make_batch, make_comparison, make_regression

Pair = tuple[Batch, Batch]


@pytest.fixture
def pair(acme: Tenant) -> Pair:
    """A good batch, and one after it that lost every case."""
    with tenant(acme.pk):
        return two_batches(n_wrong=20)


def test_a_batch_tells_its_own_comparison(api: Client, pair: Pair) -> None:
    before, now = pair
    told = get(api, f"batches/{now.pk}/comparison").json()
    assert (told["baseline"], told["verdict"]) == (str(before.pk), "regressed")
    assert told["headline"]["effect"] == -1.0
    assert told["attribution"]["pass_rate"]["stages"] == [{"stage": "exact", "contribution": -1.0}]
    assert get(api, f"comparisons/{told['id']}").json() == told
    assert get(api, f"batches/{before.pk}/comparison").status_code == 404


def test_findings_and_worst_cases_have_addresses(api: Client, pair: Pair) -> None:
    address = f"comparisons/{get(api, f'batches/{pair[1].pk}/comparison').json()['id']}"
    found = get(api, f"{address}/regressions", metric="pass_rate", slice_kind="all").json()
    assert [row["verdict"] for row in found["results"]] == ["regressed"]
    cases = get(api, f"{address}/cases").json()["results"]
    assert len(cases) == 20
    assert cases[0]["changes"][0]["was"] == "passed"


def test_any_two_batches_can_be_compared(api: Client, acme: Tenant, pair: Pair) -> None:
    before, now = pair
    made = post(api, "comparisons", {"batch": str(before.pk), "baseline": "version:2.0"})
    told = made.json()
    assert (made.status_code, told["verdict"], told["chosen_by"]) == (201, "improved", "version")
    assert api.get(made.headers["Location"]).json() == told
    again = post(api, "comparisons", {"batch": str(before.pk), "baseline": str(now.pk)})
    assert again.json()["id"] == told["id"]
    with tenant(acme.pk):
        assert Entry.objects.filter(action="comparison.made").count() == 2


@pytest.mark.parametrize(
    ("baseline", "code"),
    [("version:9", "baseline_unknown"), ("pinned", "baseline_unknown"), ("", "invalid")],
)
def test_what_is_no_baseline_is_refused(api: Client, pair: Pair, baseline: str, code: str) -> None:
    body = {"batch": str(pair[1].pk), "baseline": baseline}
    assert refusal(post(api, "comparisons", body)) == code


def test_what_cannot_be_compared_is_refused(api: Client, acme: Tenant, pair: Pair) -> None:
    with tenant(acme.pk):
        other = make_batch(state="finished")
    body = {"batch": str(pair[0].pk), "baseline": str(other.pk)}
    assert refusal(post(api, "comparisons", body), conflict=True) == "comparison_refused"
    first = {"batch": str(pair[0].pk)}
    assert refusal(post(api, "comparisons", first), conflict=True) == "baseline_unknown"
    assert refusal(post(api, "comparisons", {**first, "verdict": "improved"})) == "invalid"


def test_lists_are_filtered(api: Client, acme: Tenant, pair: Pair) -> None:
    before, now = pair
    with tenant(acme.pk):
        make_comparison(verdict="improved")

    def found(**params: str) -> list[str]:
        return [row["batch"] for row in get(api, "comparisons", **params).json()["results"]]

    wanted = [str(now.pk)]
    assert found(suite="sums") == found(batch=str(now.pk)) == found(baseline=str(before.pk))
    assert found(suite="sums") == found(verdict="regressed") == wanted
    assert len(found()) == 2


def test_what_got_worse_is_found_across_comparisons(api: Client, acme: Tenant, pair: Pair) -> None:
    with tenant(acme.pk):
        make_regression(verdict="improved")
    rows = get(api, "regressions").json()["results"]
    assert {(row["run_name"], row["verdict"]) for row in rows} == {("v2", "regressed")}
    whole = get(api, "regressions", suite="sums", metric="pass_rate", slice_kind="all").json()
    assert [row["batch"] for row in whole["results"]] == [str(pair[1].pk)]
    assert get(api, "regressions", since="2100-01-01T00:00:00Z").json()["results"] == []


def test_lists_ask_no_more_for_many(
    api: Client, acme: Tenant, django_assert_max_num_queries: Any
) -> None:
    with tenant(acme.pk):
        for _ in range(4):
            make_regression()
    for address in ("comparisons", "regressions"):
        with django_assert_max_num_queries(8):
            assert len(get(api, address).json()["results"]) == 4


def test_a_batch_is_pinned_and_let_go(api: Client, acme: Tenant, pair: Pair) -> None:
    made = post(api, "baselines", {"batch": str(pair[0].pk), "note": "May"})
    told = made.json()
    assert (made.status_code, told["target_name"], told["note"]) == (201, "bot", "May")
    assert get(api, "baselines", suite="sums").json()["results"] == [told]
    assert post(api, "comparisons", {"batch": str(pair[1].pk), "baseline": "pinned"}).json()[
        "baseline"
    ] == str(pair[0].pk)
    assert api.delete(made.headers["Location"]).status_code == 204
    with tenant(acme.pk):
        assert not Baseline.objects.exists()


def test_only_a_finished_batch_is_a_baseline(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        batch = make_batch()
    refused = post(api, "baselines", {"batch": str(batch.pk)})
    assert refusal(refused, conflict=True) == "baseline_unfinished"
    assert refusal(post(api, "baselines", {"batch": "none"})) == "invalid"


def test_another_tenant_compares_nothing_of_ours(stranger: Client, pair: Pair) -> None:
    theirs, nobodys = ({"batch": str(pk)} for pk in (pair[1].pk, uuid4()))
    for address in ("comparisons", "baselines"):
        said = [post(stranger, address, body) for body in (theirs, nobodys)]
        assert {answer.status_code for answer in said} == {404}
    assert get(stranger, "regressions").json()["results"] == []
