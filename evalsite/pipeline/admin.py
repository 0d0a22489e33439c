"""What the broker is still owed, to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.pipeline.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Messages that wait to be sent; an old one means that no coordinator runs."""

    list_display = ("due_at", "task", "key")
    list_filter = ("task",)
    ordering = ("due_at",)
