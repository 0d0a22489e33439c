"""Suites with answers, and batches begun as `runbatch` begins them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from evalsite.batches.models import Batch
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.pipeline import run_arguments
from evalsite.pipeline.begin import begin
from evalsite.targets.models import Output, Run
from tests.factories import CASE, make_run
from tests.pipeline.bench import deliver_all as deliver

__all__ = ["answered", "begun", "deliver", "with_answers"]

RIGHT, WRONG = {"answer": "4"}, {"answer": "5"}


def answered(suite: Suite, *, n: int, right: int, **fields: Any) -> Run:
    """A run over n cases of the suite, of which the first `right` are right."""
    return with_answers(suite, [number < right for number in range(n)], **fields)


def with_answers(suite: Suite, right: Sequence[bool], **fields: Any) -> Run:
    """A run that is right where it is told to be; cases are made where they lack."""
    cases = _cases(suite, len(right))
    run = make_run(**fields)
    answers = zip(cases, right, strict=True)
    Output.objects.bulk_create(
        Output(run=run, case=case, answer=RIGHT if good else WRONG) for case, good in answers
    )
    return run


def begun(suite: Suite, run: Run, **options: Any) -> Batch:
    """A batch begun with the options of `runbatch`, of version 2.0 in the experiment "study"."""
    parser = ArgumentParser()
    run_arguments.declare(parser)
    given = {"suite": suite.name, "run": run.name, "experiment": "study", "client_version": "2.0"}
    return begin({**vars(parser.parse_args([])), **given, **options})


def _cases(suite: Suite, n: int) -> list[TestCase]:
    there = TestCase.objects.filter(suite=suite).count()
    made = [TestCase(suite=suite, key=f"case-{i:04}", **CASE) for i in range(there, n)]
    TestCase.objects.bulk_create(made)
    Revision.objects.bulk_create(
        Revision(suite=suite, case=case, number=1, from_version=1, **CASE) for case in made
    )
    return list(TestCase.objects.filter(suite=suite).order_by("key")[:n])
