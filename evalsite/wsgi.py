"""The web process: the wall is checked before the first request."""

from __future__ import annotations

import os

from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from evalsite import traces
from evalsite.api.frame.body import take_chunks
from evalsite.env import load

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
traces.start(load(), service="web")
application = take_chunks(get_wsgi_application())

faults = run_checks(tags=[Tags.database], databases=["default"])
if faults:
    raise ImproperlyConfigured("; ".join(map(str, faults)))
