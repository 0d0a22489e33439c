"""Leaderboards to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.leaderboard.models import Board, Standing


@admin.register(Board)
class BoardAdmin(ReadOnlyAdmin):
    """The batches of each suite that are ranked together."""

    list_display = ("suite", "suite_version", "pack", "digest", "updated_at", "ranked_at")
    list_select_related = ("suite",)
    search_fields = ("suite__name", "digest")
    ordering = ("-updated_at",)


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    """The systems on each board, by each metric."""

    list_display = (
        "board",
        "kind",
        "metric",
        "run",
        "value",
        "low",
        "high",
        "n",
        "missing",
        "rank_low",
        "rank_high",
    )
    list_filter = ("kind", "metric", "reserve")
    list_select_related = ("board__suite", "run")
    search_fields = ("=board__id", "run__name", "target__name")
    ordering = ("-board_id", "kind", "metric", "-value")
