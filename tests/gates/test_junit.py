from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.batches.models import Batch
from evalsite.gates import junit
from evalsite.gates.models import GateCheck
from tests.factories import make_comparison, make_gate_check

Element = ElementTree.Element
# Of the schema that Jenkins and others check by: what an element may hold and must say.
CHILDREN = {
    "testsuites": ("testsuite",),
    "testsuite": ("properties", "testcase"),
    "properties": ("property",),
    "testcase": ("skipped", "error", "failure"),
}
MUST_SAY = {
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
}


def written(batch: Batch, check: GateCheck | None = None) -> Element:
    file = BytesIO()
    junit.write_junit(file, batch, check=check)
    root = ElementTree.fromstring(file.getvalue())
    assert list(flaws(root)) == []
    return root


def flaws(element: Element) -> Iterator[str]:
    """Yield where the schema is broken, or a count is not what it says."""
    for child in element:
        if child.tag not in CHILDREN.get(element.tag, ()):
            yield f"{child.tag} in {element.tag}"
        yield from flaws(child)
    if missing := MUST_SAY.get(element.tag, set()) - set(element.attrib):
        yield f"{element.tag} lacks {missing}"
    if element.tag.startswith("testsuite"):
        counts = {"tests": "testcase", "failures": "failure", "errors": "error"}
        for name, tag in {**counts, "skipped": "skipped"}.items():
            if int(element.attrib[name]) != sum(1 for _ in element.iter(tag)):
                yield f"{element.tag} counts {name} wrong"


def ends(suite: Element) -> dict[str, str]:
    return {case.attrib["name"]: case[0].tag if len(case) else "passed" for case in suite}


def cases(root: Element) -> dict[str, str]:
    suite = root[-1]
    suite.remove(suite[0])
    return ends(suite)


def test_each_case_ends_as_it_was_judged(batch_of: Callable[..., Batch]) -> None:
    told = cases(written(batch_of("PFUE")))
    names = [f"case-000{i}" for i in range(4)]
    assert told == dict(zip(names, ("passed", "failure", "error", "error"), strict=True))


def test_a_failure_tells_its_score_and_reason(batch_of: Callable[..., Batch]) -> None:
    (failure,) = written(batch_of("PF")).iter("failure")
    assert failure.text == "score 0.000\nlogic failed: 2 < 3 & \\u001b[31m"
    assert failure.attrib["message"] == "score 0.000 logic failed: 2 < 3 & \\u001b[31m"


@pytest.mark.parametrize("text", ["]]>", "</failure>", "\x00\ufffe\ud800", "&#0;", "\U0001f600 ü"])
def test_no_text_breaks_the_report(text: str, batch_of: Callable[..., Batch]) -> None:
    check = make_gate_check()
    check.reasons = [reason("failed", text=text, title=text)]
    told = written(batch_of("P"), check)
    (failure,) = told.iter("failure")
    assert failure.text == junit._legal(text)


def reason(outcome: str, **fields: Any) -> dict[str, Any]:
    given = {"rule": "guard", "title": "score", "code": "x", "text": "because"}
    return {**given, "outcome": outcome, **fields}


def test_each_rule_of_the_gate_is_a_test_case(batch_of: Callable[..., Batch]) -> None:
    outcomes = {"a": "passed", "b": "failed", "c": "needs_review"}
    reasons = [reason(outcome, title=title) for title, outcome in outcomes.items()]
    comparison = make_comparison(batch=batch_of("P"))
    check = make_gate_check(reasons=reasons, comparison=comparison)
    gate = written(comparison.batch, check)[0]
    gate.remove(gate[0])
    assert ends(gate) == {"guard: a": "passed", "guard: b": "failure", "guard: c": "error"}


def test_many_cases_are_written_without_those_that_passed(
    batch_of: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(junit, "MOST_CASES", 5)
    root = written(batch_of("PPPPFU"))
    properties = {p.attrib["name"]: p.attrib["value"] for p in root.iter("property")}
    assert properties["passed_cases_written"] == "none"
    assert (properties["passed"], properties["n"]) == ("4", "6")
    assert set(cases(root)) == {"case-0004", "case-0005"}


def test_the_number_of_queries_does_not_grow(batch_of: Callable[..., Batch]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        written(batch := batch_of("F" * 3))
    with CaptureQueriesContext(connection) as many:
        junit.write_junit(BytesIO(), batch)
    assert len(many) <= len(few)


def test_an_empty_batch_is_a_report_too(batch_of: Callable[..., Batch]) -> None:
    assert cases(written(batch_of(""))) == {}
