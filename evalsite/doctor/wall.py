"""Does the wall between tenants stand? Asked by Django's system checks, ours among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.core.checks import ERROR, WARNING, CheckMessage, run_checks

from evalsite.doctor.connect import only_reading
from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.doctor.place import is_public

_MANY: Final = 12
_OURS: Final = "evalsite.E"


def wall() -> Iterator[Finding]:
    """Do policies, keys, indexes and settings pass every system check?"""
    with only_reading():
        messages = run_checks(databases=["default"], include_deployment_checks=is_public())
    told = [one for one in messages if one.level >= WARNING and not one.is_silenced()]
    yield from map(_finding, told[:_MANY])
    if len(told) > _MANY:
        fix = "python manage.py check --deploy --database default"
        yield warn("checks_more", f"and {len(told) - _MANY} more", fix=fix)
    if not told:
        yield ok("every policy, key and system check holds")


def _finding(message: CheckMessage) -> Finding:
    code = message.id or "check"
    subject = f"{message.obj}: " if message.obj else ""
    told = f"{subject}{message.msg}"
    fix = message.hint or "python manage.py check --deploy --database default"
    if code.startswith(_OURS):
        # Each release passes its own: somebody altered the database, or a migration broke off.
        fix = f"python manage.py migrate   # and if it stays so: {fix}"
    return fail(code, told, fix=fix) if message.level >= ERROR else warn(code, told, fix=fix)
