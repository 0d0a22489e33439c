"""What pairs that were shown to differ make of a ranking: rank intervals and tie groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from evalsite.leaderboard.duels import Signs


class Ties(NamedTuple):
    """The first and the last tie group that a system is in, counted from 1."""

    first: int
    last: int


def tie_groups(signs: Signs) -> list[Ties]:
    """Answer each system's tie groups; the systems stand in the order of their means.

    A tie group is a stretch of that order, as long as can be, in which no two systems were shown
    to differ (the bars of Demsar 2006). Ties are not transitive: a system may be in several
    groups, always adjacent ones, tied with a better and with a worse one that differ. Who shares
    a group was not shown to differ. The reverse need not hold: two systems that were not shown to
    differ are in no common group where one between them differs from either.
    """
    stretches = _stretches(signs)
    groups = []
    for place in range(len(signs)):
        within = [i for i, (start, end) in enumerate(stretches, start=1) if start <= place < end]
        groups.append(Ties(within[0], within[-1]))
    return groups


def letters(ties: Ties) -> str:
    """Write tie groups as letters, as a compact letter display does: "a", "a b", "b-f"."""
    first, last = _letter(ties.first), _letter(ties.last)
    if ties.last <= ties.first + 1:
        return " ".join(dict.fromkeys((first, last)))
    return f"{first}-{last}"


def _stretches(signs: Signs) -> list[tuple[int, int]]:
    """The half-open stretches; each begins and ends later than the one before."""
    found: list[tuple[int, int]] = []
    end = 0
    for start in range(len(signs)):
        reach = max(end, start + 1)
        while reach < len(signs) and not signs[start:reach, reach].any():
            reach += 1
        if reach > end:
            found.append((start, reach))
            end = reach
    return found


def _letter(number: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    text = ""
    while number:
        number, place = divmod(number - 1, 26)
        text = chr(ord("a") + place) + text
    return text
