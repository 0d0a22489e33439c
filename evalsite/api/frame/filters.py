"""Filters that several lists have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django_filters import CharFilter, Filter, IsoDateTimeFilter
from django_filters.fields import IsoDateTimeField

from evalsite.ids import uuid_of


class ByIdOrName(CharFilter):
    """A row of the tenant by its id or its name; what there is not finds nothing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"help_text": "Its id or name.", **options})

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Answer the rows that belong to it."""
        if not value:
            return rows
        wanted = Q(**{f"{self.field_name}__name": value})
        if key := uuid_of(value):
            wanted |= Q(**{f"{self.field_name}_id": key})
        return rows.filter(wanted)


class _UtcField(IsoDateTimeField):
    """A time in UTC: PostgreSQL takes fewer offsets than ISO 8601 knows."""

    def to_python(self, value: Any) -> datetime | None:
        """Answer the time; raises ValidationError beyond the years that there are."""
        found = super().to_python(value)
        try:
            return found.astimezone(UTC) if isinstance(found, datetime) else None
        except OverflowError:
            raise ValidationError("There is no such year.", code="invalid_year") from None


class AtTime(IsoDateTimeFilter):
    """A time with its offset, before or after which rows are wanted."""

    field_class = _UtcField


class WholeNumber(Filter):
    """A number without a point."""

    field_class = forms.IntegerField
