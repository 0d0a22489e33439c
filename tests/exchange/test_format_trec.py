"""TREC's qrels and run files."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import pytest
from django.core.management import CommandError

from evalsite.cases.models import TestCase
from evalsite.targets.models import Output
from packs.prepare import prepare
from tests.exchange.conftest import Run, Write
from tests.reference.conftest import DATA

FOLDER = DATA / "trec_eval"
SUITE = ("--suite", "trec", "--format", "trec")
QRELS = [b"1 0 a 2", b"1 0 b 0", b"", b"2 0 a -1", b"2\t0\tc\t1"]
RESULTS = [b"1 Q0 b 1 0.9 mine", b"1 Q0 a 2 1.5e0 mine", b"2 Q0 c 1 7 mine"]


def test_a_topic_with_its_grades_is_a_case(write: Write, run: Run) -> None:
    run("importcases", write(QRELS), *SUITE)
    cases = dict(TestCase.objects.values_list("key", "expected"))
    assert cases == {"1": {"sources": {"a": 2, "b": 0}}, "2": {"sources": {"a": 0, "c": 1}}}
    assert TestCase.objects.get(key="1").input == {"question": "Topic 1"}


@pytest.mark.parametrize(
    "topics",
    [
        [b"2\tWho?", b"1\tWhat is it?"],
        [b'{"_id": "1", "text": "What is it?"}', b'{"id": 2, "query": "Who?"}'],
    ],
)
def test_topics_say_what_is_asked(write: Write, run: Run, topics: list[bytes]) -> None:
    run("importcases", write(QRELS), *SUITE, "--topics", write(topics, "topics.tsv.gz"))
    asked = dict(TestCase.objects.values_list("key", "input__question"))
    assert asked == {"1": "What is it?", "2": "Who?"}


def test_a_run_file_is_an_output_a_topic(write: Write, run: Run) -> None:
    run("importcases", write(QRELS), *SUITE)
    run("importoutputs", write(RESULTS, "r.gz"), *SUITE, "--run", "mine")
    output = Output.objects.get(case__key="1")
    assert output.answer == {"sources": [{"id": "b", "score": 0.9}, {"id": "a", "score": 1.5}]}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"3 0 a", "record_invalid"),
        (b"3 0 a x", "record_invalid"),
        (b"1 0 c 1", "topic_scattered"),
        (b"\xff 0 c 1", "not_utf8"),
    ],
)
def test_a_bad_line_is_named(
    write: Write, run: Run, events: list[Any], line: bytes, code: str
) -> None:
    with pytest.raises(CommandError):
        run("importcases", write([*QRELS, line]), *SUITE)
    assert [(e["line"], e["code"]) for e in events[:-1]] == [(6, code)]


def test_a_score_that_is_no_number_is_named(write: Write, run: Run, events: list[Any]) -> None:
    run("importcases", write(QRELS), *SUITE)
    with pytest.raises(CommandError):
        run("importoutputs", write([b"1 Q0 a 1 nan mine"]), *SUITE, "--run", "r")
    assert events[0]["path"] == "score"


def test_a_topic_that_nobody_asks_is_named(write: Write, run: Run, events: list[Any]) -> None:
    with pytest.raises(CommandError):
        run("importcases", write(QRELS), *SUITE, "--topics", write([b"1\tWhat?"], "t.tsv"))
    assert events[0]["line"] == 4
    assert "'2'" in events[0]["message"]


@pytest.mark.skipif(not FOLDER.exists(), reason="the reference data trec_eval is absent")
def test_the_imported_files_give_the_figures_of_trec_eval(run: Run) -> None:
    run("importcases", str(FOLDER / "qrels.test.gz"), *SUITE)
    run("importoutputs", str(FOLDER / "results.test.gz"), *SUITE, "--run", "mine")
    evaluator = prepare("rag")
    results = [
        evaluator.score(input=o.case.input, expected=o.case.expected, output=o.answer)
        for o in Output.objects.select_related("case")
    ]
    assert "unscored" not in {evaluator.fold(result).status for result in results}
    found = [retrieval.details for retrieval, *_ in results]
    told = dict(line.split()[::2] for line in (FOLDER / "out.test").read_text().splitlines())
    for ours, theirs in (("map", "map"), ("mrr", "recip_rank")):
        assert f"{fmean(details[ours] for details in found):.4f}" == told[theirs]
