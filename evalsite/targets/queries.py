"""Which runs there are, and how many outputs they have."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count

from evalsite.errors import EvalsiteError
from evalsite.targets.models import Output, Run


class RunUnknown(EvalsiteError):
    """The tenant has no run of that name."""

    code = "run_unknown"
    hint = "manage.py importoutputs FILE --run NAME --suite SUITE makes one"
    exit_code = 2


def find_run(name: str) -> Run:
    """Answer the run of that name; raises RunUnknown."""
    found = Run.objects.select_related("target").filter(name=name).first()
    if found is None:
        raise RunUnknown(f"there is no run {name!r}")
    return found


def output_counts(runs: Iterable[UUID]) -> dict[UUID, int]:
    """Answer how many outputs each run has."""
    counted = Output.objects.filter(run__in=list(runs)).values_list("run")
    return dict(counted.annotate(count=Count("pk")).order_by())
