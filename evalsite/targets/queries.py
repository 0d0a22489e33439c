"""Which runs there are, and how many outputs they have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, JSONField, QuerySet
from django.db.models.functions import Cast

from evalsite.blobs.shorten import restore
from evalsite.errors import EvalsiteError
from evalsite.ids import uuid_of
from evalsite.targets.models import EvalMode, Output, Run, RunStatus, Target


class RunUnknown(EvalsiteError):
    """The tenant has no run of that name."""

    code = "run_unknown"
    hint = "manage.py importoutputs FILE --run NAME --suite SUITE makes one"
    exit_code = 2
    http_status = 422


class TargetUnknown(EvalsiteError):
    """The tenant has no target of that name."""

    code = "target_unknown"
    hint = "a target is made with its first run: importoutputs or openrun"
    exit_code = 2
    http_status = 422


def find_target(name: str) -> Target:
    """Answer the target of that name; raises TargetUnknown."""
    found = Target.objects.filter(name=name).first()
    if found is None:
        raise TargetUnknown(f"there is no target {name!r}")
    return found


def name_of_target(name_or_id: str | None) -> str | None:
    """Answer the name of a target that is told by id; a name stays. Raises TargetUnknown."""
    pk = uuid_of(name_or_id or "")
    if pk is None:
        return name_or_id
    found = Target.objects.filter(pk=pk).values_list("name", flat=True).first()
    if found is None:
        raise TargetUnknown(f"there is no target {pk}")
    return found


def find_run(name: str) -> Run:
    """Answer the run of that name; raises RunUnknown."""
    found = Run.objects.select_related("target").filter(name=name).first()
    if found is None:
        raise RunUnknown(f"there is no run {name!r}")
    return found


def lacks_answers(
    run: Run, *, cases: QuerySet[Any, Any], n_cases: int, repetitions: int, again: bool
) -> bool:
    """Answer whether the open live run has something to ask for the cases.

    `cases` are the ids of `n_cases` cases. What was answered by an error counts as answered, unless
    it is to be asked `again`.
    """
    if run.eval_mode != EvalMode.LIVE or run.status == RunStatus.COMPLETED:
        return False
    heard = Output.objects.filter(run=run, case__in=cases, repetition__lt=repetitions)
    if again:
        heard = heard.filter(answer__isnull=False)
    return heard.count() < n_cases * repetitions


def kept_answers(outputs: QuerySet[Output]) -> QuerySet[Output]:
    """Read the outputs with their answers as they are kept; `restore_answers` makes them whole."""
    return outputs.defer("answer").annotate(kept_answer=Cast("answer", JSONField()))


def restore_answers(outputs: Sequence[Any]) -> None:
    """Put the answers into outputs of `kept_answers`; the long ones are fetched at once."""
    restored = restore([output.kept_answer for output in outputs])
    for output, answer in zip(outputs, restored, strict=True):
        output.answer = answer


def output_counts(runs: Iterable[UUID]) -> dict[UUID, int]:
    """Answer how many outputs each run has."""
    counted = Output.objects.filter(run__in=list(runs)).values_list("run")
    return dict(counted.annotate(count=Count("pk")).order_by())
