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


def with_answers(suite: Suite, answers: Sequence[Any], **fields: Any) -> Run:
    """A run with these answers, true and false for right and wrong; cases are made if they lack."""
    run, known = make_run(**fields), {True: RIGHT, False: WRONG}
    told = [known[each] if isinstance(each, bool) else each for each in answers]
    cases = _cases(suite, len(told))
    Output.objects.bulk_create(
        Output(run=run, case=case, answer=answer) for case, answer in zip(cases, told, strict=True)
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
