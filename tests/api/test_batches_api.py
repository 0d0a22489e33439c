"""Batches over the API: started, watched, stopped; scored elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.pipeline.models import OutboxMessage
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, post, refusal
from tests.api.scored import answered_run, filled_suite, scored, two_batches
from tests.factories import make_batch
from tests.pipeline.bench import deliver_all

ORDER = {"suite": "sums", "run": "v1"}


@pytest.fixture
def ready(acme: Tenant) -> Tenant:
    """Acme with a suite and a run that answered all of it."""
    with tenant(acme.pk):
        answered_run(filled_suite(4), name="v1", client_version="1.0")
    return acme


def finished(of: Tenant, batch_id: str) -> Batch:
    with tenant(of.pk):
        return deliver_all(Batch.objects.get(pk=batch_id))


def test_a_batch_is_started_and_left_to_the_workers(api: Client, ready: Tenant) -> None:
    made = post(api, "batches", ORDER)
    assert (made.status_code, made.json()["state"]) == (202, "running")
    assert made.headers["Location"] == f"/api/v1/batches/{made.json()['id']}"
    with tenant(ready.pk):
        assert not Scorecard.objects.exists()
        assert OutboxMessage.objects.get().task == "pipeline.dispatch"


def test_it_tells_how_far_it_is(api: Client, ready: Tenant) -> None:
    made = post(api, "batches", ORDER).json()
    (step,) = made["steps"]
    assert (step["n_cases"], step["cases_done"], step["chunks_done"]) == (4, 0, 0)
    finished(ready, made["id"])
    told = get(api, f"batches/{made['id']}").json()
    (step,) = told["steps"]
    assert (told["state"], step["state"], step["cases_done"]) == ("finished", "done", 4)


def test_it_tells_where_more_is_told(api: Client, ready: Tenant) -> None:
    made = post(api, "batches", ORDER).json()
    finished(ready, made["id"])
    links = get(api, f"batches/{made['id']}").json()["links"]
    answers = {name: api.get(address).status_code for name, address in links.items()}
    assert answers.pop("comparison") == 404  # there was no batch before
    assert set(answers.values()) == {200}


def test_the_whole_order_is_kept(api: Client, ready: Tenant) -> None:
    order = {
        "judges": ["fuzzy"],
        "selection": {"cases": ["sum-00", "sum-01"], "limit": 1},
        "repetitions": 2,
        "max_cost_usd": 1.5,
        "use_cache": False,
    }
    told = post(api, "batches", {**ORDER, **order}).json()
    assert (told["n_cases"], told["repetitions"], told["use_cache"]) == (1, 2, False)
    assert told["options"]["judges"][0]["name"] == "fuzzy"
    assert told["selection"] == {"keys": ["sum-00", "sum-01"], "limit": 1}
    assert told["account"]["max_cost_usd"] == 1.5


def test_suite_and_run_may_be_named_by_id(api: Client, ready: Tenant) -> None:
    told = post(api, "batches", ORDER).json()
    again = post(api, "batches", {"suite": told["suite"], "run": told["run"]})
    assert again.status_code == 202


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"suite": "none"}, "suite_unknown"),
        ({"run": "none"}, "run_unknown"),
        ({"pack": "rag"}, "pack_differs"),
        ({"judges": ["none"]}, "judge_unknown"),
        ({"options": {"no": 1}}, "options_invalid"),
        ({"options": {"no": None}}, "options_invalid"),
        ({"selection": {"key": "a"}}, "invalid"),
        ({"repetitions": 0}, "invalid"),
        ({"state": "finished"}, "invalid"),
        ({"group": "variant"}, "experiment_arguments"),
    ],
)
def test_a_bad_order_starts_nothing(
    api: Client, ready: Tenant, change: dict[str, Any], code: str
) -> None:
    assert refusal(post(api, "batches", {**ORDER, **change})) == code
    with tenant(ready.pk):
        assert not Batch.objects.exists()


def test_nothing_to_score_starts_nothing(api: Client, ready: Tenant) -> None:
    nothing = post(api, "batches", {**ORDER, "selection": {"cases": ["none"]}})
    assert refusal(nothing, conflict=True) == "nothing_selected"


def test_a_forecast_leaves_nothing_behind(api: Client, ready: Tenant) -> None:
    told = post(api, "batches/forecast", ORDER)
    assert (told.status_code, told.json()["n_cases"], told.json()["chunks"]) == (200, 4, 1)
    with tenant(ready.pk):
        assert not Batch.objects.exists()
        assert not OutboxMessage.objects.exists()
        assert not Entry.objects.filter(action__startswith="batch").exists()


def test_a_viewer_may_foresee_and_not_start(ready: Tenant) -> None:
    viewer = asker(ready, role=Role.VIEWER)
    assert post(viewer, "batches/forecast", ORDER).status_code == 200
    assert post(viewer, "batches", ORDER).status_code == 403


def test_a_batch_is_stopped_and_goes_on(api: Client, ready: Tenant) -> None:
    address = f"batches/{post(api, 'batches', ORDER).json()['id']}"
    stopped = post(api, f"{address}/cancel", {})
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    twice = post(api, f"{address}/cancel", {})
    assert (twice.status_code, twice.json()["code"]) == (409, "batch_not_running")
    on = post(api, f"{address}/resume", {"max_cost_usd": 2})
    assert (on.status_code, on.json()["state"]) == (202, "running")
    assert on.json()["account"]["max_cost_usd"] == 2.0


def test_a_batch_is_paused_and_goes_on(api: Client, ready: Tenant) -> None:
    address = f"batches/{post(api, 'batches', ORDER).json()['id']}"
    paused = post(api, f"{address}/pause", {})
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert paused.json()["paused_code"] == "paused_by_hand"
    assert refusal(post(api, f"{address}/pause", {}), conflict=True) == "batch_not_running"
    on = post(api, f"{address}/resume", {})
    assert (on.json()["state"], on.json()["paused_code"]) == ("running", "")
    with tenant(ready.pk):
        told = Entry.objects.filter(action__in=("batch.paused", "batch.resumed"))
        assert told.count() == 2


def test_the_broker_hears_of_a_cancel_after_the_commit(
    api: Client, ready: Tenant, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    revoked: list[Batch] = []
    monkeypatch.setattr("evalsite.pipeline.launch.revoke", revoked.append)
    address = f"batches/{post(api, 'batches', ORDER).json()['id']}"
    with django_capture_on_commit_callbacks() as callbacks:
        post(api, f"{address}/cancel", {})
        assert revoked == []
    for callback in callbacks:
        callback()
    assert len(revoked) == 1


def test_cases_without_a_verdict_get_another_try(api: Client, ready: Tenant) -> None:
    made = post(api, "batches", ORDER).json()
    finished(ready, made["id"])
    address = f"batches/{made['id']}/retry-errored"
    assert post(api, address, {}).json()["code"] == "nothing_to_retry"
    with tenant(ready.pk):
        Scorecard.objects.filter(revision__case__key="sum-00").update(status="errored", stages={})
    again = post(api, address, {})
    assert (again.status_code, again.json()["steps"][1]["round"]) == (202, 1)


def test_lists_are_filtered(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        first, second = two_batches(n=2)
        make_batch()

    def found(**params: Any) -> set[str]:
        return {row["id"] for row in get(api, "batches", **params).json()["results"]}

    both = {str(first.pk), str(second.pk)}
    assert found(suite="sums") == found(target="bot") == found(state="finished") == both
    assert found(run="v1") == found(run=str(first.run_id)) == {str(first.pk)}
    assert found(created_after=second.created_at.isoformat(), suite="sums") == {str(second.pk)}
    assert found(created_before=second.created_at.isoformat()) == {str(first.pk)}
    assert found(run="none") == set()


def test_a_list_asks_no_more_for_many(
    api: Client, acme: Tenant, django_assert_max_num_queries: Any
) -> None:
    with tenant(acme.pk):
        for _ in range(5):
            make_batch()
    with django_assert_max_num_queries(8):
        assert len(get(api, "batches").json()["results"]) == 5


def test_another_tenant_starts_nothing_with_our_rows(stranger: Client, ready: Tenant) -> None:
    with tenant(ready.pk):
        batch = make_batch()
    refused = post(stranger, "batches", {"suite": str(batch.suite_id), "run": str(batch.run_id)})
    assert refusal(refused) == "suite_unknown"
    for action in ("cancel", "pause", "resume", "retry-errored"):
        assert post(stranger, f"batches/{batch.pk}/{action}", {}).status_code == 404


def test_the_same_order_is_one_batch(api: Client, ready: Tenant) -> None:
    first, again = (post(api, "batches", ORDER, idempotency_key="ci-7") for _ in range(2))
    assert (again.status_code, again.json()) == (202, first.json())
    with tenant(ready.pk):
        assert Batch.objects.count() == 1


def test_summaries_tell_the_whole_first(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = filled_suite(4)
        batch = scored(answered_run(suite, n_wrong=1), suite)
    rows = get(api, f"batches/{batch.pk}/summaries").json()["results"]
    assert [(r["slice_kind"], r["n"], r["passed"]) for r in rows] == [("all", 4, 3), ("tag", 2, 1)]
    assert rows[0]["stages"]["exact"]["failed"] == 1
    assert rows[0]["pass_low"] < rows[0]["pass_rate"] == 0.75 < rows[0]["pass_high"]
    (tag,) = get(api, f"batches/{batch.pk}/summaries", slice_kind="tag").json()["results"]
    assert tag["slice_value"] == "even"
