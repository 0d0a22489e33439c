"""The web process: the wall is checked before the first request."""

from __future__ import annotations

import os
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError

from evalsite import traces
from evalsite.api.frame.body import take_chunks
from evalsite.env import load
from evalsite.pipeline.check_wall import check_wall

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
traces.start(load(), service="web")
application = take_chunks(get_wsgi_application())

# gunicorn ends a process that has not begun after 30 s, and starts another. It also does so after
# this exit; any other exception at the begin would end gunicorn, and so the site.
_PATIENCE_S: Final = 15.0
try:
    faults = check_wall(seconds=_PATIENCE_S)
except OperationalError as away:
    raise SystemExit(f"the site cannot begin: {away}") from away
if faults:
    raise ImproperlyConfigured("; ".join(map(str, faults)))
