"""Do the database roles have the rights that the wall wants, and no others?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from evalsite.doctor.connect import session
from evalsite.doctor.finding import Finding, fail, ok
from evalsite.doctor.place import START_EMBEDDED
from evalsite.env import load
from evalsite.tenants.roles import APP, MAINT, OWNER, ROLES

_STRONG: Final = ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION")
_RIGHTS: Final = """
    SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
           pg_has_role(oid, %s, 'USAGE'), pg_has_role(oid, %s, 'USAGE'), rolname = current_user
    FROM pg_roles WHERE rolname = ANY (%s) OR rolname = current_user ORDER BY rolname
"""
# Stands for a role that is missing, so that the question can be asked.
_NOBODY: Final = "pg_monitor"


def roles() -> Iterator[Finding]:
    """Is the app's role held by row-level security, and is no role stronger than it has to be?"""
    with session() as opened:
        known = {name for (name,) in opened.execute("SELECT rolname FROM pg_roles")}
        missing = [name for name in ROLES if name not in known]
        if missing:
            yield fail("role_missing", f"there is no {', '.join(missing)}", fix=_create())
        inherited = [role if role in known else _NOBODY for role in (OWNER, MAINT)]
        rows = opened.execute(_RIGHTS, (*inherited, list(ROLES))).fetchall()
    faults = [fault for row in rows for fault in _faults(*row)]
    yield from faults
    if not (missing or faults):
        yield ok(f"{len(rows)} roles; we are {_me(rows)}, held by row-level security")


def _faults(name: str, *rights: bool) -> Iterator[Finding]:
    *strong, owns, maintains, is_me = rights
    too_much = [word for word, has in zip(_STRONG, strong, strict=True) if has]
    if too_much:
        told = f"{name} is {', '.join(too_much)}"
        code = "role_unsafe" if is_me else "role_too_strong"
        yield fail(code, told + _so(is_me), fix=_weaken(name, too_much, is_me=is_me))
    if is_me and (owns or maintains):
        told = f"{name} has the rights of {OWNER if owns else MAINT}" + _so(is_me)
        yield fail("role_unsafe", told, fix=f"connect as {APP}: mend DATABASE_URL")


def _so(is_me: bool) -> str:
    return ": it would see every tenant, so nothing runs with it" if is_me else ""


def _weaken(name: str, words: list[str], *, is_me: bool) -> str:
    if is_me and name not in ROLES:
        return f"connect as {APP}: mend DATABASE_URL"
    takes = " ".join(f"NO{word}" for word in words)
    return f'psql --command "ALTER ROLE {name} {takes}"   # as a role administrator'


def _create() -> str:
    return START_EMBEDDED if load().database_url is None else "python manage.py createroles"


def _me(rows: list[tuple[object, ...]]) -> str:
    return next(str(name) for name, *_, is_me in rows if is_me)
