"""Experiments, their results and decisions over the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evalsite.experiments.models import Experiment, Result
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post, refusal
from tests.factories import make_experiment, make_result, make_suite

NEW = {"name": "prompt-v2", "margin": 0.05}
RESULT = {"task": "t1", "group": "baseline", "version": "1", "success": True}


@pytest.fixture
def study(acme: Tenant) -> Experiment:
    """An open experiment of Acme."""
    with tenant(acme.pk):
        return make_experiment(name="study")


def results(study: Experiment, address: str = "") -> str:
    return f"experiments/{study.pk}/results{address}"


def stream(client: Client, address: str, *lines: Any, **params: str) -> Any:
    """Send JSON lines; a text is a line as it is."""
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    body = "".join(f"{text}\n" for text in texts)
    return client.post(
        f"/api/v1/{address}", body, content_type="application/x-ndjson", query_params=params
    )


def record_both(study: Experiment, *, n: int) -> None:
    """The variant passes what the baseline fails."""
    for number in range(n):
        task = f"t{number}"
        make_result(experiment=study, task=task, score=0.0, success=False)
        make_result(experiment=study, task=task, group="variant", version="2")


def test_an_experiment_is_declared_and_found(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
    made = post(api, "experiments", {**NEW, "suite": str(suite.pk), "claim": "superiority"})
    assert (made.status_code, made.json()["suite"]) == (201, str(suite.pk))
    found = api.get(made.headers["Location"])
    assert (found.json(), found.json()["groups"]) == (made.json(), [])
    assert get(api, "experiments", name="prompt-v2", state="open").json()["results"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"margin": None}, "invalid"),
        ({"margin": 1}, "experiment_invalid"),
        ({"name": "no spaces"}, "invalid"),
        ({"state": "decided"}, "invalid"),
        ({"peek_safe": True, "primary_metric": "latency_ms"}, "experiment_invalid"),
    ],
)
def test_a_bad_declaration_is_refused(api: Client, change: dict[str, Any], code: str) -> None:
    assert refusal(post(api, "experiments", {**NEW, **change})) == code


def test_a_name_is_taken_once(api: Client, study: Experiment) -> None:
    taken = post(api, "experiments", {**NEW, "name": study.name})
    assert refusal(taken, conflict=True) == "experiment_exists"


def test_a_declaration_cannot_name_a_foreign_suite(api: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        suite = make_suite()
    refused = post(api, "experiments", {**NEW, "suite": str(suite.pk)})
    assert refusal(refused) == "suite_unknown"


def test_a_curator_declares_nothing(acme: Tenant) -> None:
    assert post(asker(acme, role=Role.CURATOR), "experiments", NEW).status_code == 403


def test_the_first_result_locks_what_decides(api: Client, study: Experiment) -> None:
    address = f"experiments/{study.pk}"
    assert patch(api, address, {"margin": 0.1}).json()["margin"] == 0.1
    post(api, results(study), RESULT)
    locked = patch(api, address, {"margin": 0.2})
    assert (locked.status_code, locked.json()["code"]) == (409, "experiment_locked")
    assert patch(api, address, {"description": "why"}).json()["description"] == "why"


def test_one_experiment_tells_what_it_has(api: Client, study: Experiment) -> None:
    post(api, results(study), RESULT)
    (group,) = get(api, f"experiments/{study.pk}").json()["groups"]
    assert (group["group"], group["version"], group["results"]) == ("baseline", "1", 1)


def test_a_result_is_written_under_its_natural_key(api: Client, study: Experiment) -> None:
    first = post(api, results(study), RESULT)
    again = post(api, results(study), RESULT)
    other = post(api, results(study), {**RESULT, "success": False})
    assert [r.status_code for r in (first, again, other)] == [201, 200, 200]
    assert first.json() == again.json()
    found = api.get(other.headers["Location"]).json()
    assert (found["id"], found["score"]) == (first.json()["id"], 0.0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"score": 2}, "invalid"),
        ({"group": "third"}, "invalid"),
        ({"success": None}, "result_empty"),
        ({"task": " t1"}, "case_key_invalid"),
        ({"version": "a\nb"}, "result_field_invalid"),
        ({"created_at": "2001-01-01T00:00:00Z"}, "invalid"),
    ],
)
def test_a_bad_result_is_refused(
    api: Client, study: Experiment, change: dict[str, Any], code: str
) -> None:
    assert refusal(post(api, results(study), {**RESULT, **change})) == code


def test_a_closed_experiment_takes_no_results(api: Client, study: Experiment) -> None:
    assert post(api, f"experiments/{study.pk}/close", {}).json()["state"] == "closed"
    refused = post(api, results(study), RESULT)
    assert (refused.status_code, refused.json()["code"]) == (409, "experiment_over")
    assert post(api, f"experiments/{study.pk}/close", {}).status_code == 409


def test_results_are_filtered(api: Client, study: Experiment, acme: Tenant) -> None:
    with tenant(acme.pk):
        record_both(study, n=2)
    found = get(api, results(study), group="variant", task="t1", version="2").json()["results"]
    assert [row["task"] for row in found] == ["t1"]


def test_many_results_come_as_lines(api: Client, study: Experiment) -> None:
    lines = [{**RESULT, "task": f"t{number}"} for number in range(300)]
    done = stream(api, results(study, "/bulk"), *lines).json()
    assert (done["new"], done["changed"], done["n_lost"]) == (300, 0, 0)
    lines[0]["success"] = False
    again = stream(api, results(study, "/bulk"), *lines).json()
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 1, 299)


def test_a_bad_line_keeps_all_out(api: Client, study: Experiment, acme: Tenant) -> None:
    refused = stream(api, results(study, "/bulk"), RESULT, "{", {**RESULT, "task": "t2", "x": 1})
    assert refusal(refused) == "lines_refused"
    assert [line["field"] for line in refused.json()["errors"]] == ["2", "3.x"]
    with tenant(acme.pk):
        assert not Result.objects.exists()


def test_good_lines_are_kept_where_that_is_wanted(api: Client, study: Experiment) -> None:
    lines = (RESULT, {**RESULT, "task": ""}, RESULT)
    done = stream(api, results(study, "/bulk"), *lines, strict="false").json()
    assert (done["new"], done["n_lost"]) == (1, 2)
    assert [(line["line"], line["code"]) for line in done["lost"]] == [
        (2, "case_key_invalid"),
        (3, "result_repeated"),
    ]


def test_an_empty_stream_is_told(api: Client, study: Experiment) -> None:
    assert refusal(stream(api, results(study, "/bulk"))) == "nothing_imported"


def test_results_go_out_as_lines(api: Client, study: Experiment, acme: Tenant) -> None:
    post(api, results(study), {**RESULT, "metadata": {"a": [1]}})
    sent = get(api, results(study, "/export"))
    (row,) = [json.loads(line) for line in b"".join(sent.streaming_content).splitlines()]
    assert (row["task"], row["metadata"], row["experiment"]) == ("t1", {"a": [1]}, "study")


def test_a_decision_is_frozen(api: Client, study: Experiment, acme: Tenant) -> None:
    with tenant(acme.pk):
        record_both(study, n=20)
    made = post(api, f"experiments/{study.pk}/decide", {})
    assert (made.status_code, made.json()["verdict"]) == (201, "deploy")
    assert made.json()["decided_by"] == "key owner-key"
    again = post(api, f"experiments/{study.pk}/decide", {})
    assert (again.status_code, again.json()) == (200, made.json())
    assert api.get(made.headers["Location"]).json() == made.json()
    listed = get(api, f"experiments/{study.pk}/decisions", verdict="deploy").json()
    assert listed["results"] == [made.json()]


def test_too_little_is_told(api: Client, study: Experiment, acme: Tenant) -> None:
    with tenant(acme.pk):
        record_both(study, n=3)
    decision = post(api, f"experiments/{study.pk}/decide", {"variant_version": "2"}).json()
    assert (decision["verdict"], decision["more_cases"]) == ("needs_review", 12)


def test_another_tenant_finds_nothing(stranger: Client, study: Experiment, acme: Tenant) -> None:
    with tenant(acme.pk):
        row = make_result(experiment=study)
    one = f"experiments/{study.pk}"
    reads = (one, f"{one}/results", f"{one}/results/export", f"{one}/decisions")
    asked = [get(stranger, address) for address in (*reads, f"results/{row.pk}")]
    written = [post(stranger, f"{one}/{verb}", RESULT) for verb in ("results", "decide", "close")]
    written.append(stream(stranger, f"{one}/results/bulk", RESULT))
    assert {answer.status_code for answer in (*asked, *written)} == {404}


@pytest.mark.parametrize("address", ["experiments", "experiments/{}/results"])
def test_a_list_asks_no_more_for_more_rows(
    api: Client,
    study: Experiment,
    acme: Tenant,
    address: str,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    with tenant(acme.pk):
        for _ in range(10):
            make_result(experiment=study)
            make_result()
    with django_assert_max_num_queries(12):
        assert len(get(api, address.format(study.pk)).json()["results"]) == (
            10 if "{" in address else 11
        )
