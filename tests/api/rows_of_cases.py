"""Good requests to suites, cases, targets, runs, outputs and evaluations."""

from __future__ import annotations

from typing import Final

from django.db.models import Model

from tests import factories as make
from tests.api.rows import NDJSON, Given, Row, named, sent
from tests.api.rows_of_batches import to_be_scored

CASE: Final = {"key": "a", "input": {"question": "2 + 2?"}, "expected": {"answer": "4"}}


def case_in_suite() -> Given:
    """A suite with a case of key `a`."""
    suite = make.make_suite()
    return {
        "suite_id": suite,
        "case": make.make_revision(case=make.make_case(suite=suite, key="a")),
    }


def case_of_suite() -> Given:
    """A case, with its first revision."""
    case = make.make_case(suite=make.make_suite())
    make.make_revision(case=case)
    return {"pk": case}


def open_run() -> Given:
    """A run that takes outputs, and a case to answer."""
    case = make.make_case(suite=make.make_suite(), key="a")
    return {"run_id": make.make_run(status="pending"), "suite": case.suite}


def evaluated() -> Given:
    """A completed run whose target is evaluated on a suite that it answers."""
    given = to_be_scored()
    return {"pk": given["run"], "evaluation": evaluation_of(given)}


def evaluation_of(given: Given) -> Model:
    """What the run's target is evaluated on."""
    return make.make_evaluation(target=given["run"].target, suite=given["suite"])


def pending_run() -> Model:
    """A run that is not completed."""
    return make.make_run(status="pending")


ROWS: Final[dict[str, Row]] = {
    "post suites": Row(body=sent(name="capitals", pack="exact"), status=201),
    "patch suite": Row(body=sent(description="of countries")),
    "post cases": Row(body=lambda given: CASE, status=201),
    "patch case": Row(given=case_of_suite, body=sent(tags=["smoke"])),
    "post cases-bulk": Row(body=lambda given: [CASE], content_type=NDJSON),
    "post cases-state": Row(given=case_in_suite, body=sent(keys=["a"], state="retired")),
    "post cases-tag": Row(given=case_in_suite, body=sent(keys=["a"], tag="smoke")),
    "post cases-untag": Row(given=case_in_suite, body=sent(keys=["a"], tag="smoke"), entries=0),
    "get cases-export": Row(entries=1),
    "get revisions": Row(
        fill=lambda given, n: make.make_revision(case=given["case_id"], number=n), entries=0
    ),
    "post targets": Row(body=sent(name="bot"), status=201),
    "patch target": Row(body=sent(description="the bot")),
    "delete target": Row(status=204),
    "post runs": Row(body=sent(name="bot-1", target="bot"), status=201),
    "patch run": Row(given=named(pk=pending_run), body=sent(metadata={"ticket": "7"})),
    "post run-complete": Row(given=named(pk=pending_run)),
    "post run-fail": Row(given=named(pk=pending_run), body=sent(reason="out of disk")),
    "post outputs": Row(
        given=open_run,
        query=lambda given: {"suite": str(given["suite"])},
        body=lambda given: [{"key": "a", "answer": {"answer": "4"}}],
        content_type=NDJSON,
    ),
    "get outputs-export": Row(entries=1),
    "post run-evaluate": Row(
        given=evaluated, body=lambda given: {"evaluation": given["evaluation"].pk}, status=202
    ),
    "post evaluations": Row(
        given=to_be_scored,
        body=lambda given: {"target": given["run"].target.name, "suite": given["suite"].name},
        status=201,
    ),
    "patch evaluation": Row(body=sent(repetitions=3)),
}
