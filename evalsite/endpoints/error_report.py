"""What an error page may show: never what a view has called sensitive, not even with DEBUG."""

from __future__ import annotations

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class AlwaysHides(SafeExceptionReporterFilter):
    """Django's filter, which by itself shows everything where DEBUG is on."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Hide in every deployment."""
        return True
