"""Is the database there, is it one that evalsite can use, and what time is it there?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import psycopg
from django.db import connections

from evalsite.doctor.connect import session
from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.doctor.place import START_EMBEDDED
from evalsite.env import load

OLDEST: Final = 150000
# Leases go by the database's clock, messages held back by the workers': seconds are harmless.
_CLOCK_WARN_S: Final = 2.0
_CLOCK_FAIL_S: Final = 30.0
_FULL: Final = 0.8

_CONNECTIONS = """
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int
             - current_setting('superuser_reserved_connections')::int
"""


def reach() -> Iterator[Finding]:
    """Is there a server, and does it let us in?"""
    place = connections["default"].settings_dict
    where = f"{place['NAME']} at {place['HOST'] or 'localhost'}, as {place['USER']}"
    try:
        with session() as opened:
            began = time.monotonic()
            opened.execute("SELECT 1")
            took = (time.monotonic() - began) * 1000
            yield ok(f"PostgreSQL {_version(opened)}, {where}; answers in {took:.0f} ms")
    except psycopg.OperationalError as error:
        yield fail("database_unreachable", f"{where}: {_first_line(error)}", fix=_start(place))


def server() -> Iterator[Finding]:
    """Is it new enough, may it be written to, and has it room for more connections?"""
    with session() as opened:
        if opened.info.server_version < OLDEST:
            told = f"PostgreSQL {_version(opened)} is too old"
            yield fail("database_old", told, fix="upgrade the server to PostgreSQL 15 or newer")
        (is_standby,) = _row(opened, "SELECT pg_is_in_recovery()")
        if is_standby:
            told = "it is a standby, which takes no writes"
            yield fail("database_standby", told, fix="point DATABASE_URL to the primary")
        used, most = _row(opened, _CONNECTIONS)
    told = f"{used} of {most} connections are taken"
    if used >= _FULL * most:
        fix = "raise max_connections, or lower DATABASE_POOL_SIZE and the workers' --concurrency"
        yield warn("database_connections_few", told, fix=fix)
    else:
        yield ok(told)


def clock() -> Iterator[Finding]:
    """Do this machine's clock and the database's agree?"""
    with session() as opened:
        began = time.time()
        (there,) = _row(opened, "SELECT extract(epoch FROM clock_timestamp())::float8")
        ahead = (began + time.time()) / 2 - there
    side = "ahead of" if ahead > 0 else "behind"
    told = f"this machine is {abs(ahead):.1f} s {side} the database"
    fix = "timedatectl set-ntp true   # on both machines; then timedatectl status tells which errs"
    if abs(ahead) >= _CLOCK_FAIL_S:
        yield fail("clocks_disagree", told, fix=fix)
    elif abs(ahead) >= _CLOCK_WARN_S:
        yield warn("clocks_disagree", told, fix=fix)
    else:
        yield ok(f"both agree to {abs(ahead):.1f} s")


def others() -> Iterator[Finding]:
    """Can the owner, who migrates, and the maintainer, who deletes, log in?"""
    for alias, loses in (("owner", "migrate"), ("maint", "retention and erasure")):
        try:
            with session(alias) as opened:
                yield ok(f"{alias}: logs in as {opened.info.user}")
        except psycopg.OperationalError as error:
            told = f"{alias}: {_first_line(error)}; {loses} cannot work"
            yield warn("role_cannot_login", told, fix="python manage.py createroles")


def _start(place: dict[str, object]) -> str:
    if load().database_url is None:
        return START_EMBEDDED
    return f"pg_isready --host {place['HOST']} --port {place['PORT'] or 5432}"


def _version(opened: psycopg.Connection) -> str:
    return opened.info.parameter_status("server_version") or "of unknown version"


def _row(opened: psycopg.Connection, sql: str) -> tuple[float, ...]:
    row = opened.execute(sql.encode()).fetchone()
    return row or ()


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
