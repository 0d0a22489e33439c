"""Is the process alive, and may requests be sent to it?"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.urls import path

from evalsite.pipeline.ask_broker import BrokerAway, ask_broker

_RETRY_SECONDS: Final = "5"
_BROKER_PATIENCE_S: Final = 0.5
_BROKER_KEPT_S: Final = 5


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when a query comes back, 503 with a code when it does not."""
    code = _fault_of_database()
    if code:
        return _unavailable({"status": "error", "code": code})
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer what this process needs for its work, each with "ok" or a code.

    200 with the status `ok`; or `degraded` where the broker is away, for then batches are taken in
    and wait. 503 with `error` where nothing can be served.
    """
    database = _fault_of_database()
    checks = {
        "database": database or "ok",
        "migrations": "unknown" if database else _fault_of_migrations() or "ok",
        "broker": _fault_of_broker(int(time.monotonic() // _BROKER_KEPT_S)) or "ok",
    }
    faults = [told for told in checks.values() if told != "ok"]
    if checks["database"] != "ok" or checks["migrations"] != "ok":
        return _unavailable({"status": "error", "code": faults[0], "checks": checks})
    if faults:
        return JsonResponse({"status": "degraded", "code": faults[0], "checks": checks})
    return JsonResponse({"status": "ok", "checks": checks})


def _unavailable(told: dict[str, object]) -> JsonResponse:
    return JsonResponse(told, status=503, headers={"Retry-After": _RETRY_SECONDS})


def _fault_of_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "database_unavailable"
    return ""


def _fault_of_migrations() -> str:
    """Look until all are applied; from then on they are, for this process."""
    try:
        _require_migrated()
    except (LookupError, DatabaseError):
        return "migrations_unapplied"
    return ""


@lru_cache(maxsize=1)
def _require_migrated() -> None:
    """Raise LookupError where one is not applied."""
    wanted = set(MigrationLoader(None).disk_migrations)
    lacking = wanted - set(MigrationRecorder(connection).applied_migrations())
    if lacking:
        raise LookupError(f"{len(lacking)} migrations are not applied")


@lru_cache(maxsize=1)
def _fault_of_broker(moment: int) -> str:
    """Ask once for each `moment`, however often anybody asks here."""
    try:
        ask_broker(patience=_BROKER_PATIENCE_S)
    except BrokerAway as away:
        return away.code
    return ""


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
