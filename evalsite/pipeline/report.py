"""A batch's summary as people and as programs read it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import OutputWrapper

from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch
from evalsite.figures import DASH, level, levels
from evalsite.pipeline import account
from evalsite.regressions import report as comparisons
from evalsite.regressions.queries import own_comparison
from evalsite.scoring.queries import missing
from evalsite.summaries import queries as summaries
from evalsite.summaries.models import Summary
from evalsite.terminal import add_row, page, table

_SHOWN_SLICES = 12


def say(batch: Batch, *, as_json: bool, out: OutputWrapper) -> None:
    """Write the batch's summary and comparison, as tables or as a line of JSON."""
    if not as_json:
        out.write(as_text(batch, colour=out.isatty()))
        return
    for piece in json_of(batch):
        out.write(piece, ending="")
    out.write()


def json_of(batch: Batch) -> Iterator[str]:
    """Yield pieces of the batch with its summary and comparison as plain JSON.

    There may be as many slices as cases.
    """
    comparison = own_comparison(batch.pk)
    told = {
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
        "comparison": comparisons.as_json(comparison) if comparison else None,
    }
    yield json.dumps(told).removesuffix("}")
    yield ', "summaries": ['
    for i, summary in enumerate(summaries.of_batch(batch.pk).iterator()):
        yield f"{', ' if i else ''}{json.dumps(_fields(summary))}"
    yield "]}"


def as_text(batch: Batch, *, colour: bool = False) -> str:
    """Answer the batch's tables: stages, slices, and what the comparison found."""
    return page(_parts(batch), colour=colour)


def _parts(batch: Batch) -> Iterator[Any]:
    from rich.markup import escape

    whole = summaries.headline(batch.pk)
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
    weakest = summaries.weakest_slices(batch.pk)
    if n_slices := weakest.count():
        yield _slice_table(weakest[:_SHOWN_SLICES], of=n_slices)
    comparison = own_comparison(batch.pk)
    if comparison is not None:
        yield from comparisons.parts(comparison)


def stages_in_order(batch: Batch, summary: Summary) -> dict[str, Any]:
    """Answer a summary's stages as the batch ran them; JSON in the database forgets the order."""
    names = (stage["name"] for stage in batch.manifest["stages"])
    return {name: summary.stages[name] for name in names if name in summary.stages}


def _fields(row: Summary) -> dict[str, Any]:
    left_out = {"id", "tenant", "batch", "created_at"}
    fields = (field for field in row._meta.concrete_fields if field.name not in left_out)
    return {field.name: getattr(row, field.attname) for field in fields}


def _headline(whole: Summary) -> str:
    passed = _interval(whole.pass_rate, low=whole.pass_low, high=whole.pass_high)
    latency, p95 = level(whole.latency_p50, "ms"), level(whole.latency_p95, "ms")
    cost = level(whole.cost_usd, "USD")
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
        f"k={k}: {level(at)} / {level(hat)}"
        for k, (at, hat) in enumerate(zip(whole.pass_at, whole.pass_hat, strict=True), start=1)
    )
    return f"\npass@k / pass^k  {',  '.join(parts)}"


def _interval(value: float | None, *, low: float | None, high: float | None) -> str:
    return DASH if value is None else f"{level(value)} ({levels(low, high)})"


def _stage_table(batch: Batch, whole: Summary) -> Any:
    counts = ("passed", "failed", "unscored", "errored", "skipped", "not_applicable")
    heads = (">passed", ">failed", ">unscored", ">errored", ">skipped", ">n/a")
    made = table("stage", ">mean score, 95 % interval", *heads)
    for name, stage in stages_in_order(batch, whole).items():
        mean = _interval(stage.get("mean"), low=stage.get("low"), high=stage.get("high"))
        add_row(made, name, mean, *(str(stage.get(count, 0)) for count in counts))
    return made


def _slice_table(weakest: Iterable[Summary], *, of: int) -> Any:
    made = table("slice", ">n", ">pass rate, 95 % interval", ">no verdict")
    for one in weakest:
        rate = _interval(one.pass_rate, low=one.pass_low, high=one.pass_high)
        place, unjudged = f"{one.slice_kind}: {one.slice_value}", one.unscored + one.errored
        add_row(made, place, str(one.n), rate, str(unjudged))
    if of > _SHOWN_SLICES:
        made.caption = f"the weakest {_SHOWN_SLICES} of {of}"
    return made
