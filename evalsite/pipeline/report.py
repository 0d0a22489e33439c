"""A batch's summary as people and as programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch
from evalsite.calls.purse import dollars
from evalsite.pipeline import account
from evalsite.regressions import report as comparisons
from evalsite.regressions.queries import own_comparison
from evalsite.scoring.queries import missing
from evalsite.summaries.models import SliceKind, Summary

DASH = "-"
WIDTH = 100
_SHOWN_SLICES = 12


def as_json(batch: Batch) -> dict[str, Any]:
    """Answer the batch with its summary and comparison as plain JSON."""
    summaries = list(_summaries(batch))
    comparison = own_comparison(batch.pk)
    return {
        "event": "batch",
        "id": str(batch.pk),
        "state": batch.state,
        "suite": batch.suite.name,
        "suite_version": batch.suite_version,
        "run": batch.run.name,
        "pack": batch.pack,
        "n_cases": batch.n_cases,
        "preflight": batch.preflight,
        "marks": [mark._asdict() for mark in marks_of(batch)],
        "account": account.account(batch),
        "missing": [why._asdict() for why in missing(batch.pk)],
        "summaries": [_fields(summary) for summary in summaries],
        "comparison": comparisons.as_json(comparison) if comparison else None,
    }


def as_text(batch: Batch, *, colour: bool = False) -> str:
    """Answer the batch's tables: stages, slices, and what the comparison found."""
    from rich.console import Console

    text = StringIO()
    console = Console(file=text, highlight=False, force_terminal=colour, width=WIDTH)
    for part in _parts(batch):
        console.print(part)
    return text.getvalue().rstrip()


def _parts(batch: Batch) -> Iterator[Any]:
    from rich.markup import escape

    summaries = list(_summaries(batch))
    whole = next((s for s in summaries if s.slice_kind == SliceKind.ALL), None)
    title = f"{batch.suite.name} v{batch.suite_version} / {batch.pack} / {batch.run.name}"
    yield f"[bold]{title}[/]  batch {batch.pk}  {batch.state}"
    for mark in marks_of(batch):
        yield f"[bold red]{mark.code}[/]: {escape(mark.text)}"
    if whole is None:
        yield "No case has been scored yet."
        return
    yield _headline(whole)
    if spent := account.in_words(batch):
        yield spent
    for why in missing(batch.pk):
        yield f"[bold]{why.code}[/] in {why.n} of them: {escape(why.reason) or DASH}"
    if not whole.n:
        return
    yield _stage_table(batch, whole)
    slices = [s for s in summaries if s.slice_kind != SliceKind.ALL]
    if slices:
        yield _slice_table(slices)
    comparison = own_comparison(batch.pk)
    if comparison is not None:
        yield from comparisons.parts(comparison)


def stages_in_order(batch: Batch, summary: Summary) -> dict[str, Any]:
    """Answer a summary's stages as the batch ran them; JSON in the database forgets the order."""
    names = (stage["name"] for stage in batch.manifest["stages"])
    return {name: summary.stages[name] for name in names if name in summary.stages}


def percent(rate: float | None) -> str:
    """Write a share in 0..1 as per cent, or a dash where there is none."""
    return DASH if rate is None else f"{rate * 100:.1f} %"


def points(effect: float | None) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    return DASH if effect is None else f"{effect * 100:+.1f}"


def _summaries(batch: Batch) -> Iterable[Summary]:
    return Summary.objects.filter(batch=batch).order_by("slice_kind", "slice_value")


def _fields(row: Summary) -> dict[str, Any]:
    left_out = {"id", "tenant", "batch", "created_at"}
    fields = (field for field in row._meta.concrete_fields if field.name not in left_out)
    return {field.name: getattr(row, field.attname) for field in fields}


def _headline(whole: Summary) -> str:
    passed = _interval(whole.pass_rate, low=whole.pass_low, high=whole.pass_high)
    latency = DASH if whole.latency_p50 is None else f"{whole.latency_p50:.0f} ms"
    p95 = DASH if whole.latency_p95 is None else f"{whole.latency_p95:.0f} ms"
    cost = DASH if whole.cost_usd is None else dollars(Decimal(f"{whole.cost_usd:.9f}"))
    return (
        f"{whole.n} cases: {whole.passed} passed, {whole.failed} failed, "
        f"{whole.unscored} unscored, {whole.errored} errored.  Pass rate {passed}\n"
        f"latency p50 {latency}, p95 {p95};  cost {cost} ({whole.cost_known} known)"
        f"{_repeated(whole)}"
    )


def _repeated(whole: Summary) -> str:
    """Say pass@k and pass^k on a line of their own, where there are repetitions."""
    if not whole.pass_at or not whole.pass_hat:
        return ""
    parts = (
        f"k={k}: {percent(at)} / {percent(hat)}"
        for k, (at, hat) in enumerate(zip(whole.pass_at, whole.pass_hat, strict=True), start=1)
    )
    return f"\npass@k / pass^k  {',  '.join(parts)}"


def _interval(value: float | None, *, low: float | None, high: float | None) -> str:
    if value is None:
        return DASH
    ends = (DASH if end is None else f"{end * 100:.1f}" for end in (low, high))
    return f"{percent(value)} \\[{' to '.join(ends)}]"


def _stage_table(batch: Batch, whole: Summary) -> Any:
    from rich.table import Table

    counts = ("passed", "failed", "unscored", "errored", "skipped", "not_applicable")
    heads = ("passed", "failed", "unscored", "errored", "skipped", "n/a")
    table = Table("stage", "mean score, 95 % interval", *heads)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, stage in stages_in_order(batch, whole).items():
        mean = _interval(stage.get("mean"), low=stage.get("low"), high=stage.get("high"))
        table.add_row(name, mean, *(str(stage.get(count, 0)) for count in counts))
    return table


def _slice_table(slices: list[Summary]) -> Any:
    from rich.table import Table

    table = Table("slice", "n", "pass rate, 95 % interval", "no verdict")
    for column in table.columns[1:]:
        column.justify = "right"
    weakest = sorted(slices, key=lambda s: (s.pass_rate is None, s.pass_rate, s.slice_value))
    for row in weakest[:_SHOWN_SLICES]:
        rate = _interval(row.pass_rate, low=row.pass_low, high=row.pass_high)
        table.add_row(
            f"{row.slice_kind}: {row.slice_value}",
            str(row.n),
            rate,
            str(row.unscored + row.errored),
        )
    if len(slices) > _SHOWN_SLICES:
        table.caption = f"the weakest {_SHOWN_SLICES} of {len(slices)}"
    return table
