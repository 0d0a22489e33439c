"""Where an admin looks after endpoints. A secret goes in, and is never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from pydantic import SecretStr

from evalsite.audit.admin import TenantAdmin, TenantForm
from evalsite.endpoints.configure import can_be_sent, configure
from evalsite.endpoints.guard import EndpointBlocked, UrlRefused, check_url, origin
from evalsite.endpoints.models import RESERVED, Endpoint


class EndpointForm(TenantForm):
    """An endpoint with a field that only writes."""

    secret = forms.CharField(
        required=False,
        help_text="The API key or bearer token. Leave empty to keep the one that is there.",
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    remove_secret = forms.BooleanField(required=False)

    def clean_secret(self) -> SecretStr | None:
        """Wrap the secret, so that nothing prints it."""
        text = self.cleaned_data["secret"]
        if not text:
            return None
        if not can_be_sent(text):
            raise ValidationError("Printable ASCII characters only.")
        return SecretStr(text)

    def clean_name(self) -> str:
        """Refuse the reserved name."""
        name = str(self.cleaned_data["name"])
        if name == RESERVED:
            raise ValidationError(f"{RESERVED} is taken by the judge model without a network.")
        return name

    def clean_base_url(self) -> str:
        """Refuse what the guard would not call."""
        text = str(self.cleaned_data["base_url"])
        try:
            check_url(text)
        except (UrlRefused, EndpointBlocked) as error:
            raise ValidationError(f"{error.message}: {error.hint}") from None
        return text

    def clean(self) -> dict[str, Any]:
        """Ask for the secret again where it would go to another host."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        answered = given.get("secret") is not None or given.get("remove_secret")
        before, after = self.initial.get("base_url", ""), given.get("base_url", "")
        asks = self.instance.has_secret and not answered and before and after
        if asks and origin(before) != origin(after):
            self.add_error("secret", "The host changes: give its secret, or remove the old.")
        return given


@admin.register(Endpoint)
class EndpointAdmin(TenantAdmin):
    """The tenant's endpoints; all saving goes through `configure`."""

    form = EndpointForm
    list_display = ("name", "kind", "base_url", "default_model", "is_default", "secret_kept")
    list_filter = ("kind",)
    search_fields = ("name", "base_url")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "kind", "base_url", "default_model", "is_default")}),
        ("Secret", {"fields": ("secret", "remove_secret")}),
        (
            "Limits",
            {"fields": ("requests_per_minute", "tokens_per_minute", "parallel", "timeout_s")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the name: judges and runs point at it."""
        return ("name",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        """Save through `configure`."""
        configure(
            obj,
            secret=form.cleaned_data["secret"],
            forget=form.cleaned_data["remove_secret"],
            actor=request.user,
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `configure`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `configure`."""

    @method_decorator(sensitive_post_parameters("secret"))
    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Keep the secret out of error reports."""
        return super().changeform_view(request, *args, **options)

    @admin.display(boolean=True, description="secret")
    def secret_kept(self, endpoint: Endpoint) -> bool:
        """Whether a secret is kept."""
        return endpoint.has_secret
