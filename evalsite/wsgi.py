"""The web process: the wall is checked before the first request."""

from __future__ import annotations

import os

from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
application = get_wsgi_application()

faults = run_checks(tags=[Tags.database], databases=["default"])
if faults:
    raise ImproperlyConfigured("; ".join(map(str, faults)))
