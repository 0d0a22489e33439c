from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evalsite.batches.models import Batch
from evalsite.gates.job_page import as_markdown, quoted
from evalsite.regressions.models import Comparison
from tests.factories import make_gate_check
from tests.gates.conftest import Compared
from tests.gates.test_junit import reason

NASTY = "| <img src=x onerror=a()> </code><b> [a](http://x) `c` **d** _e_ www.x.org :f: $g$ \\| #1"


class Tags(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(markdown: str) -> Tags:
    page = Tags()
    page.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
    return page


@pytest.fixture
def worse(compared: Compared) -> Comparison:
    return compared("P" * 60, "P" * 30 + "F" * 30)


def test_the_verdict_stands_first(worse: Comparison) -> None:
    page = as_markdown(worse.batch, worse)
    assert page.startswith("## Regressed\n")
    check = make_gate_check(comparison=worse, gate_name="release")
    assert as_markdown(worse.batch, worse, check=check).startswith("## ✗ failed: gate <code>rel")


def test_the_metrics_come_with_their_intervals(worse: Comparison) -> None:
    page = as_markdown(worse.batch, worse)
    row = next(line for line in page.splitlines() if line.startswith("| pass&#95;rate"))
    found = worse.findings.get(metric="pass_rate", slice_kind="all")
    assert (found.effect_low or 0) < -0.3
    assert "| 100.0 % | 50.0 % | -50.0 |" in row
    assert row.endswith("regressed |")


def test_each_rule_has_a_word_and_a_sign(worse: Comparison) -> None:
    outcomes = ("passed", "failed", "needs_review")
    check = make_gate_check(comparison=worse, reasons=[reason(outcome) for outcome in outcomes])
    page = as_markdown(worse.batch, worse, check=check)
    for mark in ("✓ passed", "✗ failed", "? needs review"):
        assert f"| {mark} | guard score | because |" in page


def test_the_worst_cases_are_folded_away(worse: Comparison) -> None:
    page = as_markdown(worse.batch, worse)
    folded = page.partition("<details><summary>The 5 worst cases</summary>")[2]
    assert folded.partition("</details>")[0].count("<code>case-") == 5


def test_no_table_is_torn(worse: Comparison) -> None:
    check = make_gate_check(comparison=worse, reasons=[reason("failed", text=NASTY, title=NASTY)])
    lines = as_markdown(worse.batch, worse, check=check).splitlines()
    gate = [line.count("|") for line in lines[lines.index("| | rule | answer |") :][:3]]
    assert gate == [4, 4, 4]


def test_a_strangers_text_is_shown_and_does_nothing(worse: Comparison) -> None:
    check = make_gate_check(comparison=worse, reasons=[reason("failed", text=NASTY)])
    plain = make_gate_check(comparison=worse, reasons=[reason("failed")])
    nasty, tame = (rendered(as_markdown(worse.batch, worse, check=c)) for c in (check, plain))
    assert NASTY in nasty.text
    assert nasty.tags == tame.tags


@given(st.text(max_size=60))
def test_no_text_gets_out_of_its_quotes(text: str) -> None:
    page = rendered(f"a {quoted(text)} b")
    assert set(page.tags) <= {"p", "code"}
    assert page.text.split() == ["a", *quoted_words(text), "b"]


def quoted_words(text: str) -> list[str]:
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown.split()


def test_without_a_baseline_it_says_so(batch_of: Callable[..., Batch]) -> None:
    page = as_markdown(batch_of("P"), None)
    assert page.startswith("## No baseline\n")
    assert "There is no baseline to compare it with." in page
