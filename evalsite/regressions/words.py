"""What a comparison found, in words and figures that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from evalsite.figures import between, change, equals, level, moved, probability
from evalsite.regressions.metrics import HEADLINE, metric
from evalsite.regressions.models import ChosenBy, Comparison, Regression, Verdict
from evalsite.regressions.queries import headline

_CHOSEN: Final = {
    ChosenBy.PREVIOUS: "the one before",
    ChosenBy.PINNED: "pinned",
    ChosenBy.VERSION: "by version",
    ChosenBy.COMMIT: "by commit",
    ChosenBy.NAMED: "by name",
}
# A stage that had less to do with it than this share of the change is not named.
_NAMED_FROM: Final = 0.1
_LONGEST: Final = 300


class Told(NamedTuple):
    """The figures of a finding, as they are written."""

    before: str
    after: str
    change: str
    interval: str
    p: str
    verdict: str


def told(found: Regression) -> Told:
    """Write a finding's figures; a dash stands for what there is not."""
    unit = metric(found.metric).unit
    return Told(
        level(found.before, unit),
        level(found.after, unit),
        moved(found.effect, unit),
        between(found.effect_low, found.effect_high, unit=unit),
        probability(found.p_corrected),
        found.get_verdict_display().lower(),
    )


def sentence(comparison: Comparison) -> str:
    """Say in one sentence what the comparison found about the pass rate."""
    found = headline(comparison)
    against = f"{found.get_verdict_display()} against {comparison.baseline.run.name}"
    counts = (
        f"{found.worse} worse, {found.better} better of {found.n_pairs} pairs, "
        f"{found.left_out} left out"
    )
    if found.effect is None:
        return f"{against}: {counts}; {found.method}"
    seen = told(found)
    certain = f", 95 % interval {seen.interval}" if found.effect_low is not None else ""
    if found.p_value is not None:
        certain += f", p {equals(found.p_value)}"
    why = f"; {found.method}" if found.verdict == Verdict.INCONCLUSIVE else ""
    return (
        f"{against}: {seen.before} -> {seen.after} ({change(found.effect)}{certain}; {counts}{why})"
    )


def how_chosen(comparison: Comparison) -> str:
    """Say how the baseline came to be the baseline."""
    return _CHOSEN[ChosenBy(comparison.chosen_by)]


def more_cases(found: Regression) -> str:
    """Say what would settle it, or nothing where it is settled or no number in reach would."""
    if not found.more_cases:
        return ""
    return f"About {found.more_cases:,} more cases would settle it, if they go on like these."


def losses(comparison: Comparison) -> str:
    """Say why cases have no pair, and what they could still change; nothing if none is lost."""
    counts = {k: v for k, v in comparison.losses.items() if not k.endswith("_case")}
    if not counts:
        return ""
    why = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in counts.items())
    worst, best = (comparison.losses.get(f"{end}_case") for end in ("worst", "best"))
    if worst is None or best is None or worst == best:
        return f"Left out: {why}."
    ends = between(worst, best)
    return f"Left out: {why}. Had they all failed, or all passed: {ends} points."


def attribution(comparison: Comparison) -> Iterator[str]:
    """Say where the pass rate changed: by stage, and which slices stand out."""
    split = comparison.attribution.get(HEADLINE) or {}
    effect = split.get("effect")
    if not effect:
        return
    yield from _of_stages(split["stages"], effect=effect)
    for place in split["standouts"]:
        yield _of_standout(place, n=split["n"])
    if not split["standouts"]:
        yield "No slice stands out: the change is spread, or too small to place."


def plain(text: str, *, limit: int = _LONGEST) -> str:
    """Answer a text on one line without control characters, cut to the limit."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def _of_stages(stages: Iterable[Mapping[str, Any]], *, effect: float) -> Iterator[str]:
    """Name each with its part; a part of the whole only where none went the other way."""
    named = [s for s in stages if abs(s["contribution"]) >= _NAMED_FROM * abs(effect)]
    is_mixed = any(s["contribution"] * effect < 0 for s in named)
    for stage in sorted(named, key=lambda s: -s["contribution"] * effect):
        part = stage["contribution"]
        where = f"in stage {plain(stage['stage'])}" if stage["stage"] else "outside any stage"
        if is_mixed:
            yield f"{change(part)} {where}, of {change(effect)} in all"
        else:
            verb = "lost" if effect < 0 else "won"
            yield f"{abs(part) * 100:.1f} of the {abs(effect) * 100:.1f} points were {verb} {where}"


def _of_standout(place: Mapping[str, Any], *, n: int) -> str:
    where = f"{place['kind']} {plain(place['value'])}"
    stage = f", stage {plain(place['stage'])}" if place["stage"] else ""
    fair = moved(place["expected"])
    return (
        f"{where}{stage}: {change(place['contribution'])} from {place['n']} of {n} cases; "
        f"spread evenly it would be {fair} (p {equals(place['p_corrected'])}, corrected)"
    )
