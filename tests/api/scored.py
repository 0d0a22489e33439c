"""A suite with runs of a target, and their batches scored in this process, without workers."""

from __future__ import annotations

from typing import Any

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite, TestCase
from evalsite.pipeline import order
from evalsite.targets.models import Run
from tests.factories import make_case, make_output, make_revision, make_run, make_suite, make_target
from tests.pipeline.bench import deliver_all


def filled_suite(n: int = 20, **fields: Any) -> Suite:
    """A suite of the pack `exact`; the right answer is 4, every second case has the tag `even`."""
    suite = make_suite(**{"name": "sums", **fields})
    for number in range(n):
        tags = ["even"] * (number % 2 == 0)
        case = make_case(suite=suite, key=f"sum-{number:02}", tags=tags)
        make_revision(case=case, tags=tags)
    return suite


def answered_run(suite: Suite, *, n_wrong: int = 0, **fields: Any) -> Run:
    """A completed run of the target `bot` that gets the first so many cases wrong."""
    target = fields.pop("target", None) or make_target(name="bot")
    run = make_run(target=target, **fields)
    for number, case in enumerate(suite_cases(suite)):
        make_output(run=run, case=case, answer={"answer": "5" if number < n_wrong else "4"})
    return run


def suite_cases(suite: Suite) -> list[TestCase]:
    """The cases in order of key."""
    return list(TestCase.objects.filter(suite=suite).order_by("key"))


def scored(run: Run, suite: Suite) -> Batch:
    """A finished batch of the run."""
    return deliver_all(order.start(order.Order(suite=suite, run=run)))


def two_batches(*, n: int = 20, n_wrong: int = 0) -> tuple[Batch, Batch]:
    """A batch without a fault, and one of the same target with some."""
    suite = filled_suite(n)
    first = answered_run(suite, name="v1", client_version="1.0")
    second = answered_run(
        suite, n_wrong=n_wrong, name="v2", client_version="2.0", target=first.target
    )
    return scored(first, suite), scored(second, suite)
