"""What an error page may show: never what a view has called sensitive, not even with DEBUG."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class AlwaysHides(SafeExceptionReporterFilter):
    """Django's filter, which by itself shows everything where DEBUG is on."""

    # Beside what Django hides: the URLs of broker and Valkey have a password in it.
    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|BROKER_URL|VALKEY_URL",
        re.IGNORECASE,
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Hide in every deployment."""
        return True
