"""Ask each check in turn; one that cannot be asked, or that breaks, stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from evalsite.doctor import (
    broker,
    crew,
    database,
    doors,
    keys,
    machine,
    migrations,
    roles,
    wall,
    work,
)
from evalsite.doctor.finding import Finding, Level, unknown
from evalsite.doctor.hide import hide
from judges.guard import Crash, attempt

NOT_ASKED: Final = "not_asked"


class Check(NamedTuple):
    """A question; without the checks that it needs all well it is not asked."""

    name: str
    ask: Callable[[], Iterable[Finding]]
    needs: tuple[str, ...] = ()


class Told(NamedTuple):
    """What a check has found, without secrets."""

    check: str
    finding: Finding


_TABLES: Final = ("database", "role", "migrations")

CHECKS: Final = (
    Check("database", database.reach),
    Check("server", database.server, ("database",)),
    Check("clock", database.clock, ("database",)),
    Check("role", roles.ours, ("database",)),
    Check("roles", roles.others, ("database",)),
    Check("logins", database.others, ("database",)),
    Check("migrations", migrations.migrations, ("database",)),
    Check("wall", wall.wall, ("database", "role")),
    Check("broker", broker.reach),
    Check("options", broker.options, ("broker",)),
    Check("valkey", broker.valkey),
    Check("queues", broker.queues, ("broker",)),
    Check("workers", crew.workers, _TABLES),
    Check("lanes", crew.lanes, (*_TABLES, "broker")),
    Check("leader", crew.leader, _TABLES),
    Check("work", work.work, _TABLES),
    Check("disk", machine.disk),
    Check("sandbox", machine.sandbox),
    Check("packages", machine.packages),
    Check("zone", machine.zone),
    Check("keys", keys.keys),
    Check("site", doors.site),
    Check("mail", doors.mail),
    Check("flower", doors.flower),
)


def examine(checks: Sequence[Check] = CHECKS) -> Iterator[Told]:
    """Yield what each check finds, as it finds it."""
    ill: set[str] = set()
    for check in checks:
        for finding in _asked(check, ill):
            if finding.level in (Level.UNKNOWN, Level.ERROR):
                ill.add(check.name)
            yield Told(check.name, _without_secrets(finding))


def _asked(check: Check, ill: set[str]) -> list[Finding]:
    hindered = [name for name in check.needs if name in ill]
    if hindered:
        return [unknown(NOT_ASKED, f"cannot be asked before {hindered[0]} is well")]
    found = attempt(lambda: list(check.ask()))
    if isinstance(found, Crash):
        told = f"the check itself broke: {found.reason}".strip().partition("\n")[0]
        return [unknown("check_broke", told, fix="docs/doctor.md says what to do")]
    return found


def _without_secrets(finding: Finding) -> Finding:
    return replace(finding, told=hide(finding.told), fix=hide(finding.fix))
