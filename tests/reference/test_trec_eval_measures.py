"""Retrieval measures against trec_eval's own expected output."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from judges.retrieval import retrieval
from tests.reference.conftest import DATA

FOLDER = DATA / "trec_eval"
OURS = {
    "recip_rank": "mrr",
    "map": "map",
    "ndcg": "ndcg",
    "P": "precision@",
    "recall": "recall@",
    "success": "success@",
    "ndcg_cut": "ndcg@",
}

pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="the reference data trec_eval is not on this machine"
)


def rows(path: Path) -> list[list[str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [line.split() for line in text.decode().splitlines()]


def judged() -> dict[str, tuple[dict[str, int], list[dict[str, Any]]]]:
    """Give the grades and the scored documents of each topic."""
    topics: dict[str, tuple[dict[str, int], list[dict[str, Any]]]] = {}
    for topic, _, document, grade in rows(FOLDER / "qrels.test.gz"):
        topics.setdefault(topic, ({}, []))[0][document] = int(grade)
    for topic, _, document, _, score, _ in rows(FOLDER / "results.test.gz"):
        topics[topic][1].append({"id": document, "score": float(score)})
    return topics


def our_name(theirs: str) -> str | None:
    found = re.fullmatch(r"(P|recall|success|ndcg_cut)_(\d+)|recip_rank|map|ndcg", theirs)
    return found and (OURS[found[1]] + found[2] if found[1] else OURS[theirs])


@pytest.mark.parametrize(
    ("file", "figures"), [("out.test", 11), ("out.test.aq", 132), ("out.test.meas_params", 44)]
)
def test_every_figure_is_equal_to_four_decimals(file: str, figures: int) -> None:
    topics = judged()
    told = [(our_name(theirs), topic, figure) for theirs, topic, figure in rows(FOLDER / file)]
    wrong = []
    for measure, topic, figure in told:
        if measure is None:
            continue
        chosen = topics if topic == "all" else {topic: topics[topic]}
        scores = [retrieval(*pair, measure=measure).details[measure] for pair in chosen.values()]
        if f"{fmean(scores):.4f}" != figure:
            wrong.append((measure, topic, figure, fmean(scores)))
    assert not wrong
    assert sum(measure is not None for measure, _, _ in told) == figures
