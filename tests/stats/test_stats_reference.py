"""Our figures beside those of scipy and statsmodels on real paired scores."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evalsite.stats.intervals import mean_t, wilson
from evalsite.stats.paired import compare_pass
from evalsite.stats.repetition import pass_at_k, pass_hat_k

FILE = Path(__file__).parents[3] / "shared/data/stats_reference/paired.json.gz"


def comparisons() -> list[Any]:
    """The recorded comparisons, or one that skips."""
    if not FILE.exists():
        reason = "../shared/data/stats_reference is not here"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    cases = json.loads(gzip.decompress(FILE.read_bytes()))["cases"]
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", comparisons())
def test_mcnemar_agrees(case: dict[str, Any]) -> None:
    if "table_a_rows_b_columns_1_then_0" not in case["reference"]:
        pytest.skip("no pass or fail")
    (both_passed, worse), (better, both_failed) = case["reference"][
        "table_a_rows_b_columns_1_then_0"
    ]
    result = compare_pass(
        worse=worse, better=better, both_passed=both_passed, both_failed=both_failed
    )
    assert result.effect == pytest.approx(case["reference"]["diff"], rel=1e-8, abs=1e-9)
    assert result.p_value == pytest.approx(case["reference"]["mcnemar_exact_p"], rel=1e-8)


@pytest.mark.parametrize("case", comparisons())
@pytest.mark.parametrize("side", ["a", "b"])
def test_wilson_agrees(case: dict[str, Any], side: str) -> None:
    if f"ci95_wilson_{side}" not in case["reference"]:
        pytest.skip("no pass or fail")
    expected = case["reference"][f"ci95_wilson_{side}"]
    assert wilson(sum(case[side]), len(case[side])) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("case", comparisons())
def test_mean_t_agrees(case: dict[str, Any]) -> None:
    differences = [b - a for a, b in zip(case["a"], case["b"], strict=True)]
    assert mean_t(differences) == pytest.approx(case["reference"]["t_ci95"], rel=1e-8, abs=1e-9)


def test_pass_at_k_and_pass_hat_k_agree() -> None:
    file = FILE.with_name("pass_at_k.json")
    if not file.exists():
        pytest.skip("../shared/data/stats_reference is not here")
    rows = json.loads(file.read_text())
    for row in rows:
        n, correct, k = row["n"], row["correct"], row["k"]
        assert pass_at_k(n, correct, k=k) == pytest.approx(row["pass_at_k"])
        assert pass_hat_k(n, correct, k=k) == pytest.approx(row["pass_hat_k"])
    assert len(rows) >= 10
