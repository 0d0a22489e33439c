"""Which results or batches are asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from evalsite.errors import EvalsiteError
from evalsite.experiments.models import Result
from evalsite.summaries.models import Summary
from evalsite.trends.batches import whole_batches

# A filter's field in a result, and in the summary of a finished batch; None: it has no such thing.
_FIELDS: dict[str, tuple[str, str | None]] = {
    "experiment": ("experiment__name", None),
    "group": ("group", None),
    "agent": ("agent_name", None),
    "model": ("model_version", None),
    "suite": ("batch__suite__name", "batch__suite__name"),
    "target": ("batch__run__target__name", "batch__run__target__name"),
}


class NoResults(EvalsiteError):
    """The filters leave nothing."""

    code = "no_results"
    hint = "loosen the filters; listbatches and the admin show what there is"
    exit_code = 5


class Selection(NamedTuple):
    """Filters over results and batches; one that is not set lets everything through."""

    experiment: str | None = None
    group: str | None = None
    agent: str | None = None
    model: str | None = None
    suite: str | None = None
    target: str | None = None
    days: float | None = None

    def results(self) -> QuerySet[Result]:
        """Answer the results of experiments that fit."""
        found = Result.objects.filter(**self._wishes(0))
        return found.filter(recorded_at__gte=self._start()) if self.days is not None else found

    def batches(self) -> QuerySet[Summary]:
        """Answer the summaries of the finished whole batches that fit: none where a filter asks
        for what only results have."""
        if any(getattr(self, name) for name, (_, field) in _FIELDS.items() if field is None):
            return Summary.objects.none()
        found = whole_batches().filter(**self._wishes(1))
        return (
            found.filter(batch__created_at__gte=self._start()) if self.days is not None else found
        )

    def _wishes(self, place: int) -> dict[str, Any]:
        wishes = ((fields[place], getattr(self, name)) for name, fields in _FIELDS.items())
        return {field: wish for field, wish in wishes if field and wish}

    def _start(self) -> Any:
        return timezone.now() - timedelta(days=self.days or 0)
