"""Pages that stand still while rows come in: a cursor on the id, which grows with time."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """Newest first. The cursor holds an id and no more, and is worth nothing to another tenant."""

    ordering = "-id"
    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"
    cursor_query_param = "cursor"
