"""Scorecards, to look at: stage by stage, with the reason."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.scoring.models import Scorecard


@admin.register(Scorecard)
class ScorecardAdmin(ReadOnlyAdmin):
    """The tenant's scorecards."""

    list_display = ("case", "repetition", "status", "overall_score", "verdicts", "scored_at")
    list_filter = ("status",)
    list_select_related = ("revision__case", "batch")
    search_fields = ("revision__case__key",)
    ordering = ("-scored_at",)
    fields = (
        "batch", "case", "repetition", "status", "overall_score", "why",
        "latency_ms", "tokens_in", "tokens_out", "cost_usd", "scored_at",
    )  # fmt: skip
    readonly_fields = fields

    def lookup_allowed(
        self, lookup: str, value: object, request: HttpRequest | None = None
    ) -> bool:
        """Let the page of a batch link here."""
        return lookup == "batch__id__exact" or super().lookup_allowed(lookup, str(value), request)  # type: ignore[arg-type]

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
    return why.get("reason", "") or json.dumps(why.get("details", ""), ensure_ascii=False)
