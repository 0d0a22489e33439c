"""Pages that stand still while rows come in: a cursor on the id, which grows with time."""

from __future__ import annotations

from typing import Any, Final

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

MOST: Final = 500


class ByCursor(CursorPagination):
    """Newest first, if nothing else is said.

    The cursor holds an id and no more, and is worth nothing to another tenant.
    """

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    cursor_query_param = "cursor"

    def get_page_size(self, request: Request) -> int:
        """Answer how many rows were asked for; raises ValidationError for none and too many."""
        asked = request.query_params.get("page_size", str(self.page_size))
        if not asked.isascii() or not asked.isdecimal() or not 1 <= int(asked[:9]) <= MOST:
            told = ErrorDetail(f"A page has 1 to {MOST} rows.", code="page_size")
            raise ValidationError({"page_size": [told]})
        return int(asked)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Say so in OpenAPI too."""
        told: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        told[-1]["schema"] = {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}
        return told


class ByCase(ByCursor):
    """In the order in which the cases were made: the one that an index has at any depth."""

    # Within a case pages are counted by repetition.
    offset_cutoff = 2**15
