"""The base of admin pages whose saving goes through a verb, which records and may refuse."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from evalsite.audit.admin import TenantAdmin
from evalsite.errors import EvalsiteError


class VerbAdmin(TenantAdmin):
    """Shows what the verb refuses as a message, and leaves the audit trail to the verb."""

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Add or change a row; what is refused has changed nothing."""
        try:
            return super().changeform_view(request, *args, **options)
        except EvalsiteError as error:
            return self._refused(request, error)

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Delete a row; what is refused has changed nothing."""
        try:
            return super().delete_view(request, *args, **options)
        except EvalsiteError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: EvalsiteError) -> HttpResponse:
        messages.error(request, str(error))
        return redirect(request.path)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Leave it to the verb."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Leave it to the verb."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Leave it to the verb."""
