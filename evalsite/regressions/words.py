"""What a comparison found, in words and figures that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from evalsite.regressions.metrics import HEADLINE, metric
from evalsite.regressions.models import ChosenBy, Comparison, Regression, Verdict
from evalsite.regressions.queries import headline

DASH: Final = "-"
_FIGURES: Final = {"ms": "{:.0f} ms", "USD": "$ {:.6f}", "tokens": "{:.0f}"}
_CHANGES: Final = {"ms": "{:+.0f} ms", "USD": "$ {:+.6f}", "tokens": "{:+.0f}"}
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


def figure(name: str, value: float | None) -> str:
    """Write a value of a metric in its unit, a share as per cent; a dash where there is none."""
    if value is None:
        return DASH
    unit = metric(name).unit
    return f"{value * 100:.1f} %" if unit == "share" else _FIGURES[unit].format(value)


def change(name: str, effect: float | None) -> str:
    """Write a difference with its sign; of shares in percentage points."""
    if effect is None:
        return DASH
    unit = metric(name).unit
    return f"{effect * 100:+.1f}" if unit == "share" else _CHANGES[unit].format(effect)


def interval(found: Regression) -> str:
    """Write the 95 % interval of a finding, or a dash."""
    if found.effect_low is None or found.effect_high is None:
        return DASH
    low, high = change(found.metric, found.effect_low), change(found.metric, found.effect_high)
    return f"{low} to {high}"


def probability(p: float | None) -> str:
    """Write p with two digits, or a dash."""
    if p is None:
        return DASH
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


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
    certain = f", 95 % interval {interval(found)}" if found.effect_low is not None else ""
    if found.p_value is not None:
        certain += f", p {_equals(found.p_value)}"
    why = f"; {found.method}" if found.verdict == Verdict.INCONCLUSIVE else ""
    return (
        f"{against}: {figure(HEADLINE, found.before)} -> {figure(HEADLINE, found.after)} "
        f"({change(HEADLINE, found.effect)} points{certain}; {counts}{why})"
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
    ends = f"{change(HEADLINE, worst)} to {change(HEADLINE, best)} points"
    return f"Left out: {why}. Had they all failed, or all passed: {ends}."


def attribution(comparison: Comparison) -> Iterator[str]:
    """Say where the pass rate changed: by stage, and which slices stand out."""
    split = comparison.attribution.get(HEADLINE) or {}
    effect = split.get("effect")
    if not effect:
        return
    stages = [s for s in split["stages"] if s["contribution"] * effect > 0]
    for stage in sorted(stages, key=lambda s: -abs(s["contribution"])):
        if abs(stage["contribution"]) >= _NAMED_FROM * abs(effect):
            yield _of_stage(stage, effect=effect)
    for place in split["standouts"]:
        yield _of_standout(place, n=split["n"])
    if not split["standouts"]:
        yield "No slice stands out: the change is spread, or too small to place."


def plain(text: str, *, limit: int = _LONGEST) -> str:
    """Answer a text on one line without control characters, cut to the limit."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def _of_stage(stage: Mapping[str, Any], *, effect: float) -> str:
    points, whole = abs(stage["contribution"]) * 100, abs(effect) * 100
    verb = "lost" if effect < 0 else "won"
    where = f"in stage {plain(stage['stage'])}" if stage["stage"] else "outside any stage"
    return f"{points:.1f} of the {whole:.1f} points were {verb} {where}"


def _of_standout(place: Mapping[str, Any], *, n: int) -> str:
    where = f"{place['kind']} {plain(place['value'])}"
    stage = f", stage {plain(place['stage'])}" if place["stage"] else ""
    points, fair = place["contribution"] * 100, place["expected"] * 100
    return (
        f"{where}{stage}: {points:+.1f} points from {place['n']} of {n} cases; "
        f"spread evenly it would be {fair:+.1f} (p {_equals(place['p_corrected'])}, corrected)"
    )


def _equals(p: float) -> str:
    shown = probability(p)
    return shown if shown.startswith("<") else f"= {shown}"
