"""Show what was found to people and to programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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
    return "\n".join([page([_table(found)], colour=colour), "", *_todo(found, colour=colour)])


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


def _todo(found: Sequence[Told], *, colour: bool) -> Iterator[str]:
    """Yield what is to be done, each thing once, and how much of what was found.

    No command is broken into lines: it is there to be copied.
    """
    from rich.text import Text

    for number, (fix, told) in enumerate(_by_fix(found).items(), start=1):
        heads = dict.fromkeys(f"{one.finding.code} ({one.check})" for one in told)
        level = told[0].finding.level
        head = Text(f"{number}. {level.value} {', '.join(heads)}", style=_STYLES[level])
        yield page([head], colour=colour)
        yield f"   {fix}"
    counts = Counter(told.finding.level for told in found)
    if counts[Level.OK] < len(found):
        yield ""
    yield ", ".join(f"{counts[level]} {level.value}" for level in Level if counts[level])


def _by_fix(found: Sequence[Told]) -> dict[str, list[Told]]:
    """Answer what each fix mends, the worst first."""
    by_fix: dict[str, list[Told]] = {}
    for told in sorted(found, key=lambda told: -list(Level).index(told.finding.level)):
        if told.finding.fix:
            by_fix.setdefault(told.finding.fix, []).append(told)
    return by_fix
