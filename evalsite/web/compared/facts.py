"""What a comparison's page says, for members and for whoever has a link to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from evalsite.batches.marks import Mark, marks_of
from evalsite.batches.models import Batch
from evalsite.gates.queries import answers_of
from evalsite.regressions import words
from evalsite.regressions.metrics import HEADLINE, STAGE, metric
from evalsite.regressions.models import Comparison, Regression, Verdict
from evalsite.regressions.plain_words import plain_sentence, title
from evalsite.stats.intervals import NOISE
from evalsite.summaries.models import SliceKind

MOST_SLICES: Final = 50
_CHARTED: Final = 12
_CHANGED: Final = (Verdict.REGRESSED, Verdict.IMPROVED)
_ORDER: Final = (*_CHANGED, Verdict.NO_DIFFERENCE, Verdict.INCONCLUSIVE)
_NAMES: Final = {
    "pass_rate": "pass rate",
    "score": "mean score",
    "unscored_rate": "without a verdict",
    "latency_ms": "latency",
    "cost_usd": "cost",
}

ForestRow = tuple[str, float | None, float | None, float | None, str]


def of_page() -> QuerySet[Comparison]:
    """Answer the tenant's comparisons with what a page of one needs."""
    return Comparison.objects.select_related(
        "batch__suite", "batch__run__target", "baseline__suite", "baseline__run__target"
    )


def facts_of(comparison: Comparison, *, has_links: bool = True) -> dict[str, Any]:
    """Answer the context of a comparison's templates; its case list is apart."""
    findings = list(comparison.findings.order_by("pk"))
    whole = next(f for f in findings if (f.metric, f.slice_kind) == (HEADLINE, SliceKind.ALL))
    metrics = [found for found in findings if found.slice_kind == SliceKind.ALL]
    slices = _slices(findings)
    return {
        "comparison": comparison,
        "batch": comparison.batch,
        "baseline": comparison.baseline,
        "title": title(comparison),
        "sentence": plain_sentence(comparison, whole),
        "whole": _row(whole),
        "chosen": words.how_chosen(comparison),
        "more_cases": words.more_cases(whole),
        "losses": words.losses(comparison),
        "gates": answers_of(comparison),
        "marks": list(_marks(comparison)),
        "headline_chart": [_effect("pass rate, all pairs", whole)],
        "metrics": [_row(found) for found in metrics],
        "slices": [_row(found) for found in slices[:MOST_SLICES]],
        "n_slices": len(slices),
        "slice_chart": [_effect(_place(f), f) for f in slices[:_CHARTED] if f.effect is not None],
        "stage_chart": list(_stage_effects(comparison, has_links=has_links)),
        "attribution": list(words.attribution(comparison)),
    }


def _slices(findings: Iterable[Regression]) -> list[Regression]:
    """The pass rate in each slice: what changed first, then the biggest difference."""
    parts = [f for f in findings if f.slice_kind != SliceKind.ALL and f.metric == HEADLINE]
    return sorted(parts, key=lambda f: (_ORDER.index(Verdict(f.verdict)), -abs(f.effect or 0)))


def _row(found: Regression) -> dict[str, Any]:
    is_whole = found.slice_kind == SliceKind.ALL
    name = _called(found.metric) if is_whole else _place(found)
    unit = metric(found.metric).unit
    return {"found": found, "name": name, "unit": unit, **words.told(found)._asdict()}


def _called(name: str) -> str:
    """Name a metric as people do."""
    if name.startswith(STAGE):
        return f"stage {name.removeprefix(STAGE)}"
    return _NAMES.get(name, name)


def _place(found: Regression) -> str:
    return f"{found.slice_kind} {found.slice_value}"


def _effect(name: str, found: Regression) -> ForestRow:
    return (name, found.effect_low, found.effect, found.effect_high, "")


def _stage_effects(comparison: Comparison, *, has_links: bool) -> Iterator[ForestRow]:
    """What each stage adds to the change of the pass rate; the parts have no interval."""
    split = comparison.attribution.get(HEADLINE) or {}
    address = reverse("comparison", args=[comparison.pk])
    for part in split.get("stages", []):
        stage = part["stage"]
        if abs(part["contribution"]) < NOISE:
            continue
        url = f"{address}?stage={stage}#cases" if stage and has_links else ""
        yield (f"stage {stage}" if stage else "no stage", None, part["contribution"], None, url)


def _marks(comparison: Comparison) -> Iterator[Mark]:
    """The reservations about both batches, those about the older one named as such."""
    yield from marks_of(comparison.batch)
    for mark in marks_of(comparison.baseline):
        yield Mark(mark.code, f"The baseline: {mark.text[:1].lower()}{mark.text[1:]}")
    yield from _repeated(comparison.batch)


def _repeated(batch: Batch) -> Iterator[Mark]:
    if batch.repetitions > 1:
        text = f"Each case was judged {batch.repetitions} times: a pair is a case's share of passes"
        yield Mark("repeated", f"{text}, before and now.")
