"""A comparison as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from evalsite.figures import score
from evalsite.regressions import words
from evalsite.regressions.models import Comparison, Regression, Verdict
from evalsite.regressions.queries import WorseCase, headline, worst_cases
from evalsite.summaries.models import SliceKind
from evalsite.terminal import add_row, page, table

_SHOWN_SLICES: Final = 12
_HIDDEN: Final = {"id", "tenant", "comparison"}
_LONGEST_REASON: Final = 120
_HEADS: Final = (">before", ">now", ">change", ">95 % interval", ">p", "verdict")


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Answer all of the comparison as plain JSON: `headline` is the finding on the pass rate."""
    findings = [_fields(found) for found in _findings(comparison)]
    return {
        "id": str(comparison.pk),
        "batch": str(comparison.batch_id),
        "baseline": str(comparison.baseline_id),
        "chosen_by": comparison.chosen_by,
        "verdict": comparison.verdict,
        "reason": comparison.reason,
        "sentence": words.sentence(comparison),
        "warnings": comparison.warnings,
        "losses": comparison.losses,
        "headline": _fields(headline(comparison)),
        "findings": findings,
        "attribution": comparison.attribution,
        "worst_cases": [_case(case) for case in worst_cases(comparison)],
    }


def as_text(comparison: Comparison, *, colour: bool = False) -> str:
    """Answer the comparison as a page of 100 columns, the verdict first."""
    return page(parts(comparison), colour=colour)


def parts(comparison: Comparison) -> Iterator[Any]:
    """Yield what rich prints: the verdict, warnings, tables, where the change sits, worst cases."""
    from rich.markup import escape

    findings = list(_findings(comparison))
    verdict = comparison.get_verdict_display()
    said = words.sentence(comparison).removeprefix(verdict)
    yield f"[bold]{verdict}[/]{escape(said)}"
    yield f"baseline {comparison.baseline_id} ({words.how_chosen(comparison)})"
    for warning in comparison.warnings:
        text = words.plain(str(warning["text"]))
        yield f"[bold red]{escape(str(warning['code']))}[/]: {escape(text)}"
    if lost := words.losses(comparison):
        yield lost
    yield _metric_table([f for f in findings if f.slice_kind == SliceKind.ALL])
    yield from _slices([f for f in findings if f.slice_kind != SliceKind.ALL])
    for line in words.attribution(comparison):
        yield escape(line)
    if cases := worst_cases(comparison):
        yield _case_table(cases)
    if more := words.more_cases(headline(comparison)):
        yield more


def _findings(comparison: Comparison) -> Iterable[Regression]:
    """The whole first, the pass rate before all else."""
    rows = comparison.findings.order_by("slice_kind", "slice_value", "pk")
    return sorted(rows, key=lambda f: (f.slice_kind != SliceKind.ALL, f.slice_kind, f.slice_value))


def _fields(found: Regression) -> dict[str, Any]:
    fields = (field for field in found._meta.concrete_fields if field.name not in _HIDDEN)
    return {field.name: getattr(found, field.attname) for field in fields}


def _case(case: WorseCase) -> dict[str, Any]:
    return {**case._asdict(), "changes": [change._asdict() for change in case.changes]}


def _metric_table(findings: list[Regression]) -> Any:
    made = table("metric", *_HEADS)
    for found in findings:
        add_row(made, words.plain(found.metric), *words.told(found))
    return made


def _slices(findings: list[Regression]) -> Iterator[Any]:
    """Those that changed; of the others only how many there are."""
    changed = [f for f in findings if f.verdict in (Verdict.REGRESSED, Verdict.IMPROVED)]
    if not findings:
        return
    if not changed:
        yield f"None of {len({_place(f) for f in findings})} slices shows a change of its own."
        return
    made = table("slice", "metric", *_HEADS)
    for found in sorted(changed, key=lambda f: f.effect or 0.0)[:_SHOWN_SLICES]:
        add_row(made, words.plain(_place(found), limit=40), found.metric, *words.told(found))
    if len(changed) > _SHOWN_SLICES:
        made.caption = f"{_SHOWN_SLICES} of {len(changed)}"
    yield made


def _place(found: Regression) -> str:
    return f"{found.slice_kind} {found.slice_value}"


def _case_table(cases: list[WorseCase]) -> Any:
    made = table("worst cases", ">score", "what changed")
    for case in cases:
        scores = f"{score(case.score_before)} -> {score(case.score_now)}"
        told = [
            f"{change.stage}: {change.was or '?'} -> {change.status}: {change.reason}"
            for change in case.changes
        ]
        reasons = "\n".join(words.plain(line, limit=_LONGEST_REASON) for line in told)
        add_row(made, words.plain(case.key, limit=30), scores, reasons)
    return made
