"""Show what was found to people and to programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from evalsite.doctor.examine import NOT_ASKED, Told
from evalsite.doctor.finding import Level
from evalsite.terminal import page

_STYLES: Final = {
    Level.OK: "green",
    Level.WARNING: "yellow",
    Level.UNKNOWN: "magenta",
    Level.ERROR: "bold red",
}


def as_json(told: Told) -> dict[str, str]:
    """Answer one finding as plain JSON."""
    finding = told.finding
    return {
        "check": told.check,
        "level": finding.level.value,
        "code": finding.code,
        "told": finding.told,
        "fix": finding.fix,
    }


def as_text(found: Sequence[Told], *, colour: bool = False) -> str:
    """Answer everything as a table, then what has to be done, the worst first."""
    return page([_table(found), *_todo(found)], colour=colour)


def worst(found: Sequence[Told]) -> Level:
    """Answer the worst level that was found."""
    return max((told.finding.level for told in found), key=list(Level).index, default=Level.OK)


def _table(found: Sequence[Told]) -> Any:
    from rich.text import Text

    from evalsite.terminal import table

    made = table("", "check", "what was found")
    for check, finding in found:
        if finding.code != NOT_ASKED:
            level = Text(finding.level.value, style=_STYLES[finding.level])
            made.add_row(level, check, Text(finding.told))
    for told, checks in _not_asked(found).items():
        level = Text(Level.UNKNOWN.value, style=_STYLES[Level.UNKNOWN])
        made.add_row(level, Text("not asked"), Text(f"{', '.join(checks)}: {told}"))
    return made


def _not_asked(found: Sequence[Told]) -> dict[str, list[str]]:
    """Answer which checks were not asked, by what has to be mended before."""
    by_cause: dict[str, list[str]] = {}
    for check, finding in found:
        if finding.code == NOT_ASKED:
            by_cause.setdefault(finding.told, []).append(check)
    return by_cause


def _todo(found: Sequence[Told]) -> list[Any]:
    from rich.text import Text

    ranks = list(Level)
    ill = [told for told in found if told.finding.level not in (Level.OK, Level.UNKNOWN)]
    ill += [told for told in found if told.finding.level == Level.UNKNOWN and told.finding.fix]
    ill.sort(key=lambda told: -ranks.index(told.finding.level))
    parts: list[Any] = [""]
    for number, (check, finding) in enumerate(ill, start=1):
        head = f"{number}. {finding.level.value} {finding.code} ({check})"
        parts += [Text(head, style=_STYLES[finding.level]), Text(f"   {finding.fix}")]
    counts = Counter(told.finding.level for told in found)
    summary = ", ".join(f"{counts[level]} {level.value}" for level in ranks if counts[level])
    return [*parts, *([""] if ill else []), Text(summary)]
