"""What preflights found, to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.trust.models import JudgeTrust


@admin.register(JudgeTrust)
class JudgeTrustAdmin(ReadOnlyAdmin):
    """The judge configurations that were checked."""

    list_display = (
        "judge",
        "is_trusted",
        "n_false_passes",
        "n_false_fails",
        "n_probes",
        "checked_at",
    )
    list_filter = ("is_trusted", "judge")
    search_fields = ("judge", "=configuration")
    ordering = ("-checked_at",)
