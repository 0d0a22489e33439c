"""A tenant's own prices."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import TenantAdmin
from evalsite.calls.models import Price


@admin.register(Price)
class PriceAdmin(TenantAdmin):
    """Prices that win over the built-in ones."""

    list_display = ("model", "endpoint", "usd_in", "usd_out", "changed_at")
    search_fields = ("model", "endpoint")
    ordering = ("model", "endpoint")
