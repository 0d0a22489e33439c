"""Narrow lists by what the address says, strictly: a filter with a slip must not show all."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import ForeignKey, QuerySet
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, UUIDFilter
from django_filters.filterset import FILTER_FOR_DBFIELD_DEFAULTS
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ErrorDetail, ValidationError

_TRUTHS: Final = ("true", "false")


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
        for name in known.keys() & request.query_params.keys():
            _require_readable(name, known[name], values=request.query_params.getlist(name))
        return super().filter_queryset(request, queryset, view)


def _require_readable(name: str, one: Any, *, values: list[str]) -> None:
    if isinstance(one, BooleanFilter):
        readable = all(value in _TRUTHS for value in values)
    else:
        readable = isinstance(one, CharFilter | ChoiceFilter) or all(values)
    if not readable:
        told = ErrorDetail("This cannot be read as what it filters by.", code="invalid")
        raise ValidationError({name: [told]})
