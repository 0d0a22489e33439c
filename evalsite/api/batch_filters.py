"""Which batches a list shows."""

from __future__ import annotations

from django_filters import CharFilter, ChoiceFilter, FilterSet

from evalsite.api.frame.filters import AtTime, ByIdOrName
from evalsite.batches.models import Batch, BatchState


class BatchFilters(FilterSet):
    """Which batches."""

    suite = ByIdOrName(field_name="suite")
    run = ByIdOrName(field_name="run")
    target = ByIdOrName(field_name="run__target")
    state = ChoiceFilter(choices=BatchState.choices)
    pack = CharFilter(field_name="pack")
    created_after = AtTime(field_name="created_at", lookup_expr="gte")
    created_before = AtTime(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Batch
        fields: tuple[str, ...] = ()
