"""The admin's form of a webhook: its URL is written, and shown only where it is no secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from pydantic import SecretStr

from evalsite.alerts.models import WebhookKind
from evalsite.audit.admin import TenantForm
from evalsite.endpoints.guard import EndpointBlocked, UrlRefused, check_url


class WebhookForm(TenantForm):
    """A webhook; without a URL it stays where it is."""

    url = forms.CharField(
        required=False,
        label="URL",
        help_text="Empty: as it is. Of a Slack webhook only the host is shown afterwards.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 80}),
    )
    renew = forms.BooleanField(
        required=False,
        label="Make another secret",
        help_text="Of a standard webhook. It is shown once; the old one is no good any more.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.base_url and self.instance.kind == WebhookKind.STANDARD:
            self.fields["url"].initial = self.instance.base_url

    def clean_url(self) -> SecretStr | None:
        """Refuse what the guard would not call; wrap the rest, so that nothing prints it."""
        text = str(self.cleaned_data["url"]).strip()
        if not text and not self.instance.base_url:
            raise ValidationError("A new webhook needs one.")
        if not text:
            return None
        try:
            check_url(text)
        except (UrlRefused, EndpointBlocked) as error:
            raise ValidationError(f"{error.message}: {error.hint}") from None
        return SecretStr(text)
