"""`runbatch --dry-run`: calls, tokens and money before anything is asked."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants.models import Tenant
from evalsite.trust.configuration import configuration_of
from judges.registry import BUILTIN_JUDGES
from packs.forecast import BYTES_PER_TOKEN
from packs.prepare import prepare
from tests.factories import make_case, make_output, make_revision, make_run, make_suite
from tests.model_rows import make_endpoint, make_judge_trust, make_price

VOTING = '{"name": "voting", "options": {"votes": 3}}'


@pytest.fixture(autouse=True)
def _workbench(as_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cases with outputs, and a judge that asks a model."""
    monkeypatch.setitem(BUILTIN_JUDGES, "voting", "tests.pipeline.voting_judge:JUDGE")
    make_endpoint(is_default=True)
    suite, run = make_suite(name="sums"), make_run(name="good")
    for _ in range(2):
        case = make_case(suite=suite)
        make_revision(case=case)
        make_output(run=run, case=case)


def printed(*judges: str, **options: Any) -> str:
    out = StringIO()
    given = {"suite": "sums", "run": "good", "judge": list(judges), "no_preflight": True}
    call_command("runbatch", stdout=out, **{**given, "dry_run": True, **options})
    return out.getvalue()


def foreseen(*judges: str, **options: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(printed(*judges, json=True, **options))
    return told


def test_it_writes_nothing() -> None:
    foreseen(VOTING)
    assert not Batch.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "code"), [("typo", "endpoint_unknown"), ("bot", "endpoint_not_chat")]
)
def test_an_endpoint_that_no_judge_can_ask_is_refused(endpoint: str, code: str) -> None:
    make_endpoint(name="bot", kind="http")
    judge = {"name": "voting", "options": {"endpoint": endpoint}}
    with pytest.raises(CommandError, match=code):
        foreseen(json.dumps(judge))


def test_a_batch_that_asks_nobody_costs_nothing() -> None:
    plan = foreseen()
    assert (plan["asks"], plan["unknown"]) == ([], [])
    assert plan["calls"] == plan["usd"] == {"expected": 0, "at_most": 0}


def test_calls_are_cases_times_votes_times_repetitions() -> None:
    assert foreseen(VOTING)["calls"] == {"expected": 6, "at_most": 12}
    assert foreseen(VOTING, repetitions=4)["calls"] == {"expected": 24, "at_most": 48}


def test_tokens_are_of_all_that_a_judge_may_read() -> None:
    texts = ['{"question": "2 + 2?"}', '{"answer": "4"}', '{"answer": "4"}']
    n_bytes = 2 * sum(map(len, texts))
    tokens = foreseen(VOTING)["tokens_in"]
    assert tokens == {"expected": round(3 * n_bytes / BYTES_PER_TOKEN), "at_most": 6 * n_bytes}


def test_an_unknown_price_is_said_and_is_no_zero() -> None:
    plan = foreseen(VOTING)
    assert plan["usd"] == {"expected": None, "at_most": None}
    assert plan["unknown"] == ["the price of model m at the default endpoint"]
    assert "cost unknown" in printed(VOTING)


def test_money_is_tokens_times_price() -> None:
    make_price(model="m", usd_in=0, usd_out=1_000)
    plan = foreseen(VOTING)
    assert plan["usd"] == {"expected": 6 * 100 / 1000, "at_most": 12 * 100 / 1000}
    assert "about $0.6000, at most $1.2000 (m at the default endpoint: own price)" in printed(
        VOTING
    )


def test_the_mock_is_named_and_costs_nothing() -> None:
    mock = '{"name": "voting", "options": {"endpoint": "mock"}}'
    [asked] = foreseen(mock)["asks"]
    assert (asked["price"], asked["usd"]["at_most"]) == ("mock", 0)


def test_a_case_may_be_judged_against_each_alternative() -> None:
    expected = {"answer": "4", "alternatives": ["four", "IV"]}
    case = make_case(suite=Suite.objects.get(), expected=expected)
    make_revision(case=case, expected=expected)
    assert foreseen(VOTING)["calls"] == {"expected": 9, "at_most": (1 + 1 + 3) * 6}


def test_a_preflight_is_foreseen_too() -> None:
    trial, judging = foreseen(VOTING, no_preflight=False)["asks"]
    assert trial["stage"] == "preflight of voting"
    assert trial["calls"] == {"expected": 40 * 3, "at_most": 40 * 6}
    assert judging["calls"] == {"expected": 6, "at_most": 12}


def test_a_preflight_that_still_counts_is_not_repeated() -> None:
    stage = prepare("exact", {"judges": [json.loads(VOTING)]}).manifest()["stages"][0]
    make_judge_trust(configuration=configuration_of(stage).digest)
    [judging] = foreseen(VOTING, no_preflight=False)["asks"]
    assert judging["stage"] == "voting"


def test_a_live_system_is_asked_for_the_answers_it_has_not_given() -> None:
    parameters = {"max_tokens": 50}
    chat = {"kind": "chat", "model": "m", "endpoint": "mock", "parameters": parameters}
    make_run(name="live", eval_mode="live", status="running", connection=chat)
    [answers] = foreseen(run="live")["asks"]
    assert (answers["stage"], answers["price"]) == ("answers", "mock")
    assert answers["calls"] == {"expected": 2, "at_most": 2}
    assert answers["tokens_in"]["at_most"] == 2 * len('{"question": "2 + 2?"}')
    assert answers["tokens_out"] == {"expected": 100, "at_most": 100}


def test_what_another_live_system_costs_is_not_known() -> None:
    http = {"kind": "http", "endpoint": "bot", "output": {"answer": "$.answer"}}
    make_run(name="live", eval_mode="live", status="running", connection=http)
    plan = foreseen(run="live")
    assert plan["calls"] == {"expected": 2, "at_most": 2}
    assert plan["usd"] == {"expected": None, "at_most": None}
    assert "the price of model (http target) at bot" in plan["unknown"]


@pytest.mark.parametrize(
    ("judge", "code"),
    [
        ("nonsense=exact", "judge_not_replaceable"),
        ("nonsense", "judge_unknown"),
        ('{"name": "voting", "options": {"votes": "many"}}', "judge_options"),
    ],
)
def test_a_wrong_judge_is_refused_before_anything_runs(judge: str, code: str) -> None:
    with pytest.raises(CommandError, match=code) as refused:
        printed(judge, dry_run=False, detach=True)
    assert refused.value.returncode == 2
    assert not Batch.objects.exists()


def test_another_judge_is_frozen_into_the_manifest() -> None:
    printed(VOTING, dry_run=False, detach=True)
    [stage] = Batch.objects.get().manifest["stages"]
    assert (stage["judge"], stage["judge_options"]) == ("voting", {"votes": 3})


def test_a_cap_is_the_batchs_own() -> None:
    call_command(
        "runbatch", "--suite=sums", "--run=good", "--max-cost=0.25", "--detach", stdout=StringIO()
    )
    assert str(Batch.objects.get().max_cost_usd) == "0.250000000"


@pytest.mark.parametrize("cap", ["much", "-1", "NaN", "Infinity", ""])
def test_a_cap_is_an_amount(cap: str) -> None:
    with pytest.raises(CommandError, match="max-cost"):
        call_command("runbatch", "--suite", "sums", "--run", "good", "--max-cost", cap)
