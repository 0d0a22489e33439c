"""What Django's page about an error shows of settings and headers."""

from __future__ import annotations

import pytest
from django.views.debug import SafeExceptionReporterFilter

from evalsite.endpoints.error_report import AlwaysHides

SHOWN = "planted-4c1d"


@pytest.mark.parametrize(
    "name", ["BROKER_URL", "VALKEY_URL", "HTTP_AUTHORIZATION", "SECRET_KEY", "PASSWORD"]
)
def test_a_secret_is_hidden(name: str) -> None:
    assert AlwaysHides().cleanse_setting(name, SHOWN) == AlwaysHides.cleansed_substitute


def test_django_alone_shows_the_broker_and_other_settings_stay() -> None:
    assert SafeExceptionReporterFilter().cleanse_setting("BROKER_URL", SHOWN) == SHOWN
    assert AlwaysHides().cleanse_setting("SITE_URL", SHOWN) == SHOWN
