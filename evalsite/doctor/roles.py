"""Do the database roles have the rights that the wall wants, and no others?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

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


def ours() -> Iterator[Finding]:
    """Is the role that we connect as held by row-level security?"""
    ((name, *strong, owns, maintains, _),) = (row for row in _rights() if row[-1])
    has = _too_much(strong)
    has += [f"as strong as {OWNER if owns else MAINT}"] if owns or maintains else []
    if not has:
        yield ok(f"we are {name}, held by row-level security")
        return
    told = f"{name} is {', '.join(has)}: it would see every tenant, so nothing runs with it"
    mends_url = f"connect as {APP}: mend DATABASE_URL"
    fix = _weaken(name, has) if name == APP and not (owns or maintains) else mends_url
    yield fail("role_unsafe", told, fix=fix)


def others() -> Iterator[Finding]:
    """Are all roles there, and is none stronger than it has to be?"""
    rights = _rights()
    missing = set(ROLES) - {name for name, *_ in rights}
    if missing:
        fix = START_EMBEDDED if load().database_url is None else "python manage.py createroles"
        yield fail("role_missing", f"there is no {', '.join(sorted(missing))}", fix=fix)
    too_strong = {name: _too_much(strong) for name, *strong, _, _, is_me in rights if not is_me}
    for name, has in too_strong.items():
        if has:
            fix = _weaken(name, has)
            yield fail("role_too_strong", f"{name} is {', '.join(has)}", fix=fix)
    if not (missing or any(too_strong.values())):
        yield ok(f"{len(ROLES)}, none stronger than it has to be")


def _rights() -> list[tuple[Any, ...]]:
    """Answer of each role its name, its attributes, whose rights it has, and whether it is ours."""
    with session() as opened:
        known = {name for (name,) in opened.execute("SELECT rolname FROM pg_roles")}
        strongest = [role if role in known else _NOBODY for role in (OWNER, MAINT)]
        return opened.execute(_RIGHTS, (*strongest, list(ROLES))).fetchall()


def _too_much(strong: list[bool]) -> list[str]:
    return [word for word, is_so in zip(_STRONG, strong, strict=True) if is_so]


def _weaken(name: str, words: list[str]) -> str:
    takes = " ".join(f"NO{word}" for word in words)
    return f'psql --command "ALTER ROLE {name} {takes}"   # as a role administrator'
