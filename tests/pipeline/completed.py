"""A completed run with an answer per case, and what its target is evaluated on."""

from __future__ import annotations

from typing import Any

from evalsite.cases.models import Suite
from evalsite.pipeline.models import Evaluation
from evalsite.targets.models import Run
from tests.factories import (
    make_case,
    make_evaluation,
    make_output,
    make_revision,
    make_run,
    make_suite,
)


def filled(answers: list[Any], *, pack: str = "lanes", **fields: Any) -> tuple[Run, Suite]:
    """A run with one case per answer."""
    suite, run = make_suite(pack=pack), make_run(**fields)
    for number, answer in enumerate(answers):
        case = make_case(suite=suite, key=f"case-{number:03}")
        make_revision(case=case)
        make_output(run=run, case=case, answer=answer)
    return run, suite


def wanted(answers: list[Any], **fields: Any) -> tuple[Run, Evaluation]:
    """A run, and an evaluation of its target on its suite."""
    run, suite = filled(answers, **fields)
    return run, make_evaluation(target=run.target, suite=suite)
