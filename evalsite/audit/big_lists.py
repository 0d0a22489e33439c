"""What keeps the admin's list of a big table fast: nothing looks at all rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.core.paginator import Paginator

if TYPE_CHECKING:
    _Pages = Paginator[Any]
else:
    _Pages = Paginator

MOST: Final = 10_000
_LOOKED_AT: Final = 2_000


class Bounded(_Pages):
    """Pages of the first 10,000 rows: counting on would take longer than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        """Count the rows, up to the bound."""
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST].count())


class Recent(admin.AllValuesFieldListFilter):
    """Offers the values of the newest rows."""

    def __init__(self, field: Any, *args: Any, **options: Any) -> None:
        super().__init__(field, *args, **options)
        newest = field.model.objects.order_by("-pk").values_list(field.name, flat=True)
        choices: Any = sorted(set(newest[:_LOOKED_AT]))
        self.lookup_choices = choices
