"""Change one's own password: every other session of the person ends."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.urls import path, reverse_lazy

from evalsite.audit.record import record
from evalsite.tenants import scope
from evalsite.web import sso


class Change(PasswordChangeView):
    """The form. Django's session hash does the ending; this session gets a new id."""

    success_url = reverse_lazy("home")
    template_name = "registration/password.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Lead to the second factor, where there is one to have."""
        return super().get_context_data(**context, **sso.factors())

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, in the audit trail of the tenant that the session works for."""
        with transaction.atomic():
            response = super().form_valid(form)
            if scope.current() is not None:
                record("person.password_changed", self.request.user, actor=self.request.user)
        return response


urlpatterns = [
    path("password/", Change.as_view(), name="password"),
]
