"""What people said of cases, and the queues they were asked in: looked at, and taken back."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from evalsite.audit.admin import BigAdmin, ReadOnlyAdmin
from evalsite.audit.ask_first import ask_first
from evalsite.audit.big_lists import Recent
from evalsite.calibration.label import withdraw
from evalsite.calibration.models import Label, Queue


@admin.register(Label)
class LabelAdmin(BigAdmin):
    """People's verdicts: given on pages, changed nowhere."""

    list_display = (
        *("created_at", "author", "case", "stage", "passed", "source", "is_blind", "is_drawn"),
        *("withdrawn_at", "of_batch"),
    )
    list_filter = (("author", Recent), "source", "passed")
    list_select_related = ("batch__suite", "batch__run", "revision__case")
    search_fields = ("author__exact", "revision__case__key__exact", "=batch__id")
    actions = ("take_back",)

    @admin.display
    def case(self, label: Label) -> str:
        """Which case it is about."""
        return label.revision.case.key

    @admin.display(description="batch")
    def of_batch(self, label: Label) -> str:
        """Link to where it was judged."""
        where = reverse("batch", args=[label.batch_id])
        return format_html('<a href="{}">{} / {}</a>', where, label.batch.suite, label.batch.run)

    @admin.action(description="Withdraw…", permissions=["withdraw"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Label]) -> HttpResponse | None:
        """Let labels count no more."""
        told = "They are kept, with who gave them, and count no more."
        if asked := ask_first(self, request, rows=queryset, title="Withdraw labels", told=told):
            return asked
        for label in queryset:
            withdraw(label, by=request.user)
        self.message_user(request, "Withdrawn: they count no more.")
        return None

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Whoever may label may."""
        return bool(request.user.has_perm("calibration.change_label"))


@admin.register(Queue)
class QueueAdmin(ReadOnlyAdmin):
    """The annotation queues, as they were drawn."""

    list_display = (
        *("name", "batch", "stage", "status", "size", "wanted", "is_blind", "created_by"),
        "created_at",
    )
    list_filter = ("is_blind",)
    list_select_related = ("batch",)
    search_fields = ("name", "created_by", "=batch__id")
    ordering = ("-created_at",)
