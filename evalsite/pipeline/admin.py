"""What is evaluated by itself, what came of it, and what the broker is still owed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from evalsite.audit.admin import CheckedForm, ReadOnlyAdmin, TenantAdmin
from evalsite.audit.big_lists import Recent
from evalsite.pipeline.models import Evaluation, EvaluationRequest, OutboxMessage
from evalsite.pipeline.set_evaluation import check_evaluation, set_evaluation, try_again


class EvaluationForm(CheckedForm):
    """Refuses what could not be started."""

    def check(self, row: Any) -> None:
        """Check it as `set_evaluation` would."""
        check_evaluation(row)


@admin.register(Evaluation)
class EvaluationAdmin(TenantAdmin):
    """What the completed runs of a target are evaluated on."""

    form = EvaluationForm
    list_display = ("target", "suite", "name", "gate", "is_active", "changed_at")
    list_filter = ("is_active", "suite")
    list_select_related = ("target", "suite")
    search_fields = ("target__name", "suite__name", "name")
    ordering = ("target", "suite", "name")
    actions = ("start_again",)

    def save_model(self, request: HttpRequest, obj: Evaluation, form: Any, change: bool) -> None:
        """Save through `set_evaluation`, which makes what was refused due again."""
        set_evaluation(obj, actor=request.user)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `set_evaluation`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `set_evaluation`."""

    @admin.action(description="Start again what was refused", permissions=["change"])
    def start_again(self, request: HttpRequest, chosen: QuerySet[Evaluation]) -> None:
        """Make the refused requests of the chosen evaluations due once more."""
        due = sum(try_again(evaluation) for evaluation in chosen)
        messages.info(request, f"{due} refused requests are due again")


@admin.register(EvaluationRequest)
class EvaluationRequestAdmin(ReadOnlyAdmin):
    """What completed runs were due to, and what came of it; a refused one says why."""

    list_display = ("created_at", "run", "evaluation", "state", "code", "reason", "batch")
    list_filter = ("state", ("code", Recent))
    list_select_related = ("run", "evaluation__target", "evaluation__suite", "batch")
    ordering = ("-pk",)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Messages that wait to be sent; an old one means that no coordinator runs."""

    list_display = ("due_at", "task", "key")
    list_filter = ("task",)
    ordering = ("due_at",)
