"""JUnit XML for CI systems: a test suite for the gate, a test case for each of its rules; and one
for the batch, a test case for each case.

A case below the bar is a failure, one without a verdict an error, one never scored is skipped.
Beyond `MOST_CASES` only those are written that did not pass: no page shows more. Written as it is
read, so that memory stays flat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Final, NamedTuple
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from django.db.models import Count

from evalsite.batches.marks import purged
from evalsite.batches.models import Batch
from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.scoring.models import Scorecard, ScoreStatus
from evalsite.summaries.models import SliceKind, Summary

MOST_CASES: Final = 5_000
_LONGEST: Final = 2_000
# All that XML 1.0 cannot hold, however it is written.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENDS: Final[dict[str, str]] = {
    GateOutcome.FAILED: "failure",
    GateOutcome.NEEDS_REVIEW: "error",
    ScoreStatus.FAILED: "failure",
    ScoreStatus.UNSCORED: "error",
    ScoreStatus.ERRORED: "error",
    ScoreStatus.OPEN: "skipped",
}


class Counts(NamedTuple):
    """How many test cases there are, and how many of each end."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0

    def __add__(self, other: object) -> Counts:
        """Add up two suites."""
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def write_junit(file: IO[bytes], batch: Batch, *, check: GateCheck | None = None) -> None:
    """Write the report of a batch and of what a gate answered about it."""
    xml = XMLGenerator(file, encoding="UTF-8", short_empty_elements=True)
    of_cases, of_rules = _count_cases(batch), _count_rules(check)
    xml.startDocument()
    with _element(xml, "testsuites", name="evalsite", **(of_cases + of_rules)._asdict()):
        if check is not None:
            _write_rules(xml, check, counts=of_rules)
        _write_cases(xml, batch, counts=of_cases)
    xml.endDocument()


def _write_rules(xml: XMLGenerator, check: GateCheck, *, counts: Counts) -> None:
    stamp = check.created_at.strftime("%Y-%m-%dT%H:%M:%S")
    name = f"gate {check.gate_name}"
    with _element(xml, "testsuite", name=name, **counts._asdict(), timestamp=stamp, time="0"):
        _write_properties(
            xml,
            {
                "outcome": check.outcome,
                "gate_version": check.gate_version,
                "batch": check.comparison.batch_id,
                "baseline": check.comparison.baseline_id,
            },
        )
        for reason in check.reasons:
            title = f"{reason['rule']}: {reason['title']}"
            with _element(xml, "testcase", classname=name, name=title, time="0"):
                _write_end(xml, reason["outcome"], kind=reason["code"], text=reason["text"])


def _write_cases(xml: XMLGenerator, batch: Batch, *, counts: Counts) -> None:
    name, stamp = f"{batch.pack} {batch.suite.name}", batch.created_at.strftime("%Y-%m-%dT%H:%M:%S")
    with _element(xml, "testsuite", name=name, **counts._asdict(), timestamp=stamp, time="0"):
        _write_properties(xml, _figures(batch))
        for card in _cards(batch).iterator(chunk_size=500):
            key, repetition, status, score, latency, stages, details = card
            title = key if batch.repetitions == 1 else f"{key} #{repetition}"
            seconds = f"{(latency or 0) / 1000:.3f}"
            with _element(xml, "testcase", classname=name, name=title, time=seconds):
                why = "\n".join(_reasons(stages, details))
                text = f"score {score:.3f}\n{why}" if score is not None else why
                _write_end(xml, status, kind=status, text=text)


def _write_end(xml: XMLGenerator, status: str, *, kind: str, text: str) -> None:
    """Say how a test case ended, unless it passed."""
    tag = _ENDS.get(status)
    if tag is None:
        return
    message = text.strip() or kind
    if tag == "skipped":
        _write_empty(xml, tag, message="not scored")
        return
    first = " ".join(message.split())
    with _element(xml, tag, type=kind, message=first[:300]):
        xml.characters(_legal(message[:_LONGEST]))


def _write_properties(xml: XMLGenerator, values: Mapping[str, Any]) -> None:
    with _element(xml, "properties"):
        for name, value in values.items():
            if value is not None:
                _write_empty(xml, "property", name=name, value=value)


def _figures(batch: Batch) -> dict[str, Any]:
    named = {"batch": batch.pk, "run": batch.run.name, "suite_version": batch.suite_version}
    whole = Summary.objects.filter(batch=batch, slice_kind=SliceKind.ALL).first()
    names = ("n", "passed", "failed", "unscored", "errored", "pass_rate", "pass_low", "pass_high")
    figures = {name: getattr(whole, name) for name in (*names, "cost_usd")} if whole else {}
    written = {} if _all_written(batch) else {"passed_cases_written": "none"}
    gone = {"scorecards": purged(batch)} if batch.cards_purged_at else {}
    return {**named, **figures, **written, **gone}


def _cards(batch: Batch) -> Any:
    cards = Scorecard.objects.filter(batch=batch)
    if not _all_written(batch):
        cards = cards.exclude(status=ScoreStatus.PASSED)
    fields = ("status", "overall_score", "latency_ms", "stages", "details")
    return cards.order_by("revision__case__key", "repetition").values_list(
        "revision__case__key", "repetition", *fields
    )


def _count_cases(batch: Batch) -> Counts:
    by_status = Scorecard.objects.filter(batch=batch).values_list("status").annotate(n=Count("id"))
    numbers = dict(by_status.order_by())
    if not _all_written(batch):
        numbers.pop(ScoreStatus.PASSED, None)
    return _counted(numbers)


def _count_rules(check: GateCheck | None) -> Counts:
    outcomes = [reason["outcome"] for reason in check.reasons] if check else []
    return _counted({outcome: outcomes.count(outcome) for outcome in set(outcomes)})


def _counted(numbers: Mapping[str, int]) -> Counts:
    ends = dict.fromkeys(("failure", "error", "skipped", None), 0)
    for status, n in numbers.items():
        ends[_ENDS.get(status)] += n
    return Counts(sum(ends.values()), ends["failure"], ends["error"], ends["skipped"])


def _all_written(batch: Batch) -> bool:
    return batch.n_cases * batch.repetitions <= MOST_CASES


def _reasons(stages: Mapping[str, Any], details: Mapping[str, Any]) -> Iterator[str]:
    for stage, result in stages.items():
        if result.get("status") not in ("passed", "skipped", "not_applicable"):
            why = (details.get(stage) or {}).get("reason") or result.get("code") or "no reason"
            yield f"{stage} {result.get('status')}: {why}"


def _legal(text: object) -> str:
    """Spell out what XML cannot hold, so that no answer of a candidate breaks the report."""
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text))


def _write_empty(xml: XMLGenerator, tag: str, **attributes: Any) -> None:
    with _element(xml, tag, **attributes):
        pass


@contextmanager
def _element(xml: XMLGenerator, tag: str, /, **attributes: Any) -> Iterator[None]:
    legal = {name: _legal(value) for name, value in attributes.items()}
    xml.startElement(tag, AttributesImpl(legal))
    yield
    xml.endElement(tag)
    xml.ignorableWhitespace("\n")
