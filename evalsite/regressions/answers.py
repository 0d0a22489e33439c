"""What runs answered to cases, to be shown beside what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from evalsite.targets.models import Output, Run


class Answer(NamedTuple):
    """What a run answered to a case, or why it did not."""

    answer: Any
    error: str

    def said(self) -> Any:
        """Answer what to compare: the answer, or the error as a text."""
        return f"no answer: {self.error}" if self.error else self.answer


def answers_to(
    run: Run, cases: Iterable[UUID], *, repetitions: Mapping[UUID, int]
) -> dict[UUID, Answer]:
    """Answer what the run said to each case in the repetition wanted of it; else in the first."""
    wanted = list(cases)
    at = run.outputs_purged_at
    nothing = Answer(None, f"purged on {at:%Y-%m-%d}" if at else "nothing is recorded")
    found = dict.fromkeys(wanted, nothing)
    outputs = Output.objects.filter(run=run, case__in=wanted).order_by("-repetition")
    fields = ("case_id", "repetition", "answer", "error")
    for case, repetition, answer, error in outputs.values_list(*fields):
        is_wanted = repetition == repetitions.get(case, 0)
        if is_wanted or (repetition == 0 and found[case] is nothing):
            found[case] = Answer(answer, error)
    return found
