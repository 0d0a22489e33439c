"""The summary for a CI job's page, as Markdown: the verdict first, then its proof.

Names, keys and reasons were written by strangers, and sentences quote them: every sign that
Markdown or HTML could take for its own is a character reference, and what is a stranger's alone
stands in `<code>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from evalsite.batches.models import Batch
from evalsite.figures import score
from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.regressions import words
from evalsite.regressions.models import Comparison, Regression, Verdict
from evalsite.regressions.queries import WorseCase, worst_cases

_MOST_SLICES: Final = 12
_MARKS: Final = {
    GateOutcome.PASSED: "✓ passed",
    GateOutcome.FAILED: "✗ failed",
    GateOutcome.NEEDS_REVIEW: "? needs review",
}
# All but letters, digits and what means nothing inside a line; a www. would become a link.
_SIGNS = re.compile(r"[^\w ,;.%=+/-]|_|(?<=www)\.", re.IGNORECASE)


def as_markdown(
    batch: Batch, comparison: Comparison | None, *, check: GateCheck | None = None
) -> str:
    """Answer the page of a batch, of its comparison and of what a gate answered."""
    return "\n".join(_lines(batch, comparison, check=check)) + "\n"


def _lines(
    batch: Batch, comparison: Comparison | None, *, check: GateCheck | None
) -> Iterator[str]:
    yield f"## {_title(comparison, check)}"
    yield ""
    suite = f"{batch.suite.name} v{batch.suite_version}"
    yield f"Run {quoted(batch.run.name)} over suite {quoted(suite)}, {batch.n_cases} cases."
    if comparison is None:
        yield "There is no baseline to compare it with."
        return
    yield ""
    yield escaped(words.sentence(comparison), limit=600)
    if check is not None:
        yield from _rules(check)
    yield from _warnings(comparison)
    findings = list(comparison.findings.order_by("pk"))
    yield from _metrics([f for f in findings if f.slice_kind == "all"])
    yield from _slices([f for f in findings if f.slice_kind != "all"])
    yield from _cases(worst_cases(comparison))
    yield ""
    baseline = f"`{comparison.baseline_id}` ({words.how_chosen(comparison)})"
    yield f"Batch `{batch.pk}`, baseline {baseline}."


def _title(comparison: Comparison | None, check: GateCheck | None) -> str:
    if check is not None:
        return f"{_MARKS[GateOutcome(check.outcome)]}: gate {quoted(check.gate_name)}"
    return "No baseline" if comparison is None else comparison.get_verdict_display()


def _rules(check: GateCheck) -> Iterator[str]:
    version = f" v{check.gate_version}" if check.gate_version else ""
    title = f"Gate {quoted(check.gate_name)}{version}"
    yield from _table(title, head="| | rule | answer |", rule="|---|---|---|")
    for reason in check.reasons:
        mark = _MARKS[GateOutcome(reason["outcome"])]
        rule = escaped(f"{reason['rule']} {reason['title']}")
        yield _row(mark, rule, escaped(reason["text"], limit=600))


def _warnings(comparison: Comparison) -> Iterator[str]:
    if comparison.warnings:
        yield ""
        yield "What differs besides the run:"
        yield ""
    for warning in comparison.warnings:
        yield f"- {quoted(warning['code'])}: {escaped(warning['text'])}"


def _metrics(findings: list[Regression]) -> Iterator[str]:
    head = "| metric | before | now | change | 95 % interval | p, corrected | verdict |"
    yield from _table("Metrics", head=head, rule="|---|--:|--:|--:|--:|--:|---|")
    for found in findings:
        yield _row(escaped(found.metric), *words.told(found))


def _slices(findings: list[Regression]) -> Iterator[str]:
    changed = [f for f in findings if f.verdict in (Verdict.REGRESSED, Verdict.IMPROVED)]
    if not changed:
        return
    head = "| slice | metric | before | now | change | 95 % interval | p, corrected | verdict |"
    yield from _table("Slices that changed", head=head, rule="|---|---|--:|--:|--:|--:|--:|---|")
    for found in sorted(changed, key=lambda f: f.effect or 0.0)[:_MOST_SLICES]:
        place = quoted(f"{found.slice_kind}: {found.slice_value}")
        yield _row(place, escaped(found.metric), *words.told(found))
    if len(changed) > _MOST_SLICES:
        yield f"\n{_MOST_SLICES} of {len(changed)}."


def _cases(cases: list[WorseCase]) -> Iterator[str]:
    if not cases:
        return
    yield ""
    yield f"<details><summary>The {len(cases)} worst cases</summary>"
    yield ""
    yield "| case | score before | now | what changed |"
    yield "|---|--:|--:|---|"
    for case in cases:
        told = "; ".join(f"{c.stage} {c.status}: {c.reason}" for c in case.changes)
        yield _row(quoted(case.key), score(case.score_before), score(case.score_now), quoted(told))
    yield ""
    yield "</details>"


def quoted(text: object, *, limit: int = 200) -> str:
    """Answer a stranger's text as code on one line, in which nothing is markup."""
    shown = escaped(text, limit=limit)
    return f"<code>{shown}</code>" if shown else ""


def escaped(text: object, *, limit: int = 200) -> str:
    """Answer a text on one line, in which nothing is markup."""
    shown = words.plain(str(text), limit=limit)
    return _SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", shown)


def _table(title: str, *, head: str, rule: str) -> Iterator[str]:
    yield from ("", f"### {title}", "", head, rule)


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"
