"""The links by which people without an account read a page: looked at, and revoked."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.audit.ask_first import ask_first
from evalsite.shares.models import Share
from evalsite.shares.revoke import revoke_share


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    """Links are made on the pages that they show; what opens them is kept nowhere."""

    list_display = (
        *("created_at", "shown", "made_by", "state", "expires_at", "uses", "last_used_at"),
        "with_cases",
    )
    list_filter = ("kind", "with_cases")
    search_fields = ("made_by", "=subject_id")
    ordering = ("-created_at",)
    fields = (
        *("shown", "with_cases", "made_by", "created_at", "expires_at", "state"),
        *("revoked_at", "revoked_by", "uses", "first_used_at", "last_used_at"),
    )
    readonly_fields = ("shown", "state")
    actions = ("revoke",)

    @admin.display
    def shown(self, share: Share) -> str:
        """Link to the page that it shows."""
        where = reverse(share.kind, args=[share.subject_id])
        return format_html('<a href="{}">{}</a>', where, share)

    @admin.display
    def state(self, share: Share) -> str:
        """Whether it opens anything."""
        if share.revoked_at:
            return "revoked"
        return "expired" if share.expires_at <= timezone.now() else "open"

    @admin.action(description="Revoke…", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Share]) -> HttpResponse | None:
        """Let links open nothing any more."""
        told = "From the next request on they open nothing. There is no way back."
        if asked := ask_first(self, request, rows=queryset, title="Revoke links", told=told):
            return asked
        for share in queryset:
            revoke_share(share, actor=request.user)
        self.message_user(request, "Revoked: they open nothing any more.")
        return None

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may share may."""
        return bool(request.user.has_perm("shares.change_share"))
