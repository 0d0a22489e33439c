"""Filters that several lists have."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters import CharFilter


class ByIdOrName(CharFilter):
    """A row of the tenant by its id or its name; what there is not finds nothing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"help_text": "Its id or name.", **options})

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Answer the rows that belong to it."""
        if not value:
            return rows
        wanted = Q(**{f"{self.field_name}__name": value})
        try:
            wanted |= Q(**{f"{self.field_name}_id": UUID(value)})
        except ValueError:
            return rows.filter(wanted)
        return rows.filter(wanted)
