"""Scorecards, to look at: stage by stage, with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evalsite.audit.admin import BigAdmin
from evalsite.batches.marks import purged
from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard


@admin.register(Scorecard)
class ScorecardAdmin(BigAdmin):
    """The tenant's scorecards."""

    list_display = ("case", "repetition", "status", "overall_score", "verdicts", "scored_at")
    list_filter = ("status",)
    list_select_related = ("revision__case", "batch")
    search_fields = ("revision__case__key__exact",)
    linked_by = ("batch__id__exact",)
    fields = (
        "batch", "case", "repetition", "status", "overall_score", "why",
        "latency_ms", "tokens_in", "tokens_out", "cost_usd", "scored_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave what judges said for the page that shows it."""
        return super().get_queryset(request).defer("details")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say so where the scorecards of the batch that is asked for were purged."""
        gone = Batch.objects.filter(cards_purged_at__isnull=False)
        for batch in gone.filter(pk__in=_ids(request.GET.getlist("batch__id__exact"))):
            messages.info(request, f"The scorecards of this batch were {purged(batch)}.")
        return super().changelist_view(request, extra_context)

    @admin.display(description="case", ordering="revision__case__key")
    def case(self, card: Scorecard) -> str:
        """Name the case and its revision."""
        return f"{card.revision.case.key} (revision {card.revision.number})"

    @admin.display(description="stages")
    def verdicts(self, card: Scorecard) -> str:
        """Say each stage's verdict in one line."""
        return ", ".join(f"{name} {result['status']}" for name, result in _in_order(card))

    @admin.display(description="stage by stage")
    def why(self, card: Scorecard) -> SafeString:
        """Say each stage's verdict with the reason; what a system answered is hostile text."""
        rows = (
            (name, result["status"], _shown(result.get("score")), _reason(card, name))
            for name, result in _in_order(card)
        )
        body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table>{}</table>", body)


def _in_order(card: Scorecard) -> list[tuple[str, Any]]:
    """Answer the stages as the batch ran them; JSON in the database forgets the order."""
    names = [stage["name"] for stage in card.batch.manifest["stages"]]
    found = [(name, card.stages[name]) for name in names if name in card.stages]
    # A chunk that was written off has no stages, only the code that says why.
    return found or [("batch", {"status": card.status})]


def _shown(score: float | None) -> str:
    return "no score" if score is None else f"{score:.3f}"


def _reason(card: Scorecard, stage: str) -> str:
    why = card.details.get(stage, {})
    if "code" in why:
        return str(why["code"])
    if why.get("reason"):
        return str(why["reason"])
    return purged(card.batch) or json.dumps(why.get("details", ""), ensure_ascii=False)


def _ids(texts: list[str]) -> Iterator[UUID]:
    """Those of the texts that are ids."""
    for text in texts:
        with suppress(ValueError):
            yield UUID(text)
