"""Narrow lists by what the address says, strictly: a filter with a slip must not show all."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import ForeignKey, QuerySet
from django_filters import BooleanFilter, CharFilter, UUIDFilter
from django_filters.filterset import FILTER_FOR_DBFIELD_DEFAULTS
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ErrorDetail, ValidationError

_TRUTHS: Final = ("true", "false")
_UNFIT: Final = {"max_value": "unfit", "min_value": "unfit"}


class ById(FilterSet):
    """The filters of a model's fields; the id of a row that is not there finds none."""

    FILTER_DEFAULTS = {
        **FILTER_FOR_DBFIELD_DEFAULTS,
        ForeignKey: {"filter_class": UUIDFilter},
    }


class Strictly(DjangoFilterBackend):
    """Refuses what django-filter would take for no filter: an empty id, a truth that is none."""

    filterset_base = ById

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> Any:
        """Answer the rows that are asked for; raises ValidationError."""
        filterset_class: Any = self.get_filterset_class(view, queryset)
        known = filterset_class.base_filters if filterset_class else {}
        wanted = known.keys() & request.query_params.keys()
        if not wanted:
            return queryset
        for name in wanted:
            _require_readable(name, known[name], values=request.query_params.getlist(name))
        try:
            return super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise ValidationError(_without_bounds(error.get_full_details())) from None


def _require_readable(name: str, one: Any, *, values: list[str]) -> None:
    if isinstance(one, BooleanFilter):
        readable = all(value in _TRUTHS for value in values)
    else:
        readable = isinstance(one, CharFilter) or all(values)
    if not readable:
        told = ErrorDetail("This cannot be read as what it filters by.", code="invalid")
        raise ValidationError({name: [told]})


def _without_bounds(details: Any) -> dict[str, list[ErrorDetail]]:
    """Tell a number beyond what can be as unfit: OpenAPI names no bounds of most filters."""
    return {name: [_unbounded(flaw) for flaw in flaws] for name, flaws in details.items()}


def _unbounded(flaw: Any) -> ErrorDetail:
    return ErrorDetail(flaw["message"], code=_UNFIT.get(flaw["code"], flaw["code"]))
