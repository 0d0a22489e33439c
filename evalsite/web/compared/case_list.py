"""The list of a comparison's cases: which are shown is in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from evalsite.regressions.models import Comparison, Fate
from evalsite.regressions.pair_cards import Compared, compared_cases
from evalsite.regressions.pair_lists import ORDER, count_pairs, list_pairs, stages_compared

SIZE: Final = 50
ALL: Final = "all"
_CHIPS: Final = (Fate.REGRESSED, Fate.IMPROVED, Fate.SAME, Fate.NO_VERDICT, Fate.MISSING)


class ListInvalid(ValueError):
    """An address asks for a list that there is not."""


class Filter(NamedTuple):
    """Which cases: of a fate or `all`, and perhaps only those that a stage scored differently."""

    show: str
    stage: str
    stages: Sequence[str]

    @property
    def fates(self) -> Sequence[Fate]:
        """The fates that are listed, in order."""
        return ORDER if self.show == ALL else (Fate(self.show),)


class Chip(NamedTuple):
    """A link to the cases of one fate, with how many there are."""

    show: str
    label: str
    n: int
    is_here: bool


class CaseList(NamedTuple):
    """A page of the list; `is_kept` is False for a comparison older than the lists."""

    filter: Filter
    chips: list[Chip]
    rows: list[Compared]
    next: str
    is_kept: bool
    n: int


def read_filter(comparison: Comparison, asked: Mapping[str, Any]) -> Filter:
    """Read which cases an address asks for; raises ListInvalid."""
    stages, stage = stages_compared(comparison), asked.get("stage", "")
    show = asked.get("show", "")
    if show not in ("", ALL, *Fate.values) or (stage and stage not in stages):
        raise ListInvalid("there is no such list of cases")
    return Filter(show or ALL, stage, stages)


def case_list(comparison: Comparison, asked: Mapping[str, Any]) -> CaseList:
    """Answer the page of cases that an address asks for; raises ListInvalid.

    Without a wish it is what regressed; where nothing did, what improved; else all.
    """
    wanted = read_filter(comparison, asked)
    counts = count_pairs(comparison, stage=wanted.stage)
    if not asked.get("show"):
        wanted = wanted._replace(show=_first(counts))
    try:
        page = list_pairs(
            comparison,
            wanted.fates,
            stage=wanted.stage,
            after=asked.get("after", ""),
            size=SIZE,
        )
    except ValueError as error:
        raise ListInvalid("no page of this list ends there") from error
    chips = _chips(counts, wanted)
    return CaseList(
        filter=wanted,
        chips=chips,
        rows=compared_cases(comparison, page.rows, stages=wanted.stages),
        next=page.next,
        is_kept=bool(counts),
        n=next(chip.n for chip in chips if chip.is_here),
    )


def _first(counts: Mapping[Fate, int]) -> str:
    return next((f.value for f in (Fate.REGRESSED, Fate.IMPROVED) if counts.get(f)), ALL)


def _chips(counts: Mapping[Fate, int], wanted: Filter) -> list[Chip]:
    found = [(fate.value, fate.label.lower(), counts.get(fate, 0)) for fate in _CHIPS]
    found.append((ALL, ALL, sum(counts.values())))
    return [Chip(show, label, n, show == wanted.show) for show, label, n in found]
