"""Our figures beside those of scipy and statsmodels on real paired scores."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalsite.stats.bootstrap import bca
from evalsite.stats.clusters import clustered_se
from evalsite.stats.corrections import benjamini_hochberg, bonferroni, holm
from evalsite.stats.estimates import MeanEstimate, RateEstimate, estimate
from evalsite.stats.intervals import clopper_pearson, mean_t, wilson
from evalsite.stats.paired import Test, compare_pass, compare_scores
from evalsite.stats.paired_rates import mcnemar, mcnemar_mid_p, tango_z
from evalsite.stats.paired_tests import sign_flip, wilcoxon
from evalsite.stats.repetition import pass_at_k, pass_hat_k
from evalsite.stats.unpaired import mean_difference

# Figures of the reference for which there is no function here, and why.
NOT_OURS = {
    "mean": "a mean is a mean: it is in the difference and in the interval",
    "mcnemar_chi2_cc_p": "the exact test and its mid-p are taken instead",
    "ci95_normal": "too narrow near 0 and 1: Wilson's is taken",
    "ci95_agresti_coull": "an approximation of Wilson's",
    "bootstrap_percentile_ci95_seed0": "BCa's is taken, which follows the skew",
    "pearson": "correlations are scipy's: pearsonr, spearmanr, kendalltau",
}
FILE = Path(__file__).parents[3] / "shared/data/stats_reference/paired.json.gz"


def recorded() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return content


def comparisons(needed: str = "") -> list[Any]:
    """The recorded comparisons that have the key needed, or one that skips."""
    if not FILE.exists():
        reason = "../shared/data/stats_reference is not here"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    cases = [c for c in recorded()["cases"] if not needed or needed in c["reference"]]
    return [pytest.param(case, id=case["name"]) for case in cases]


def of_table(case: dict[str, Any]) -> dict[str, int]:
    rows = case["reference"]["table_a_rows_b_columns_1_then_0"]
    (both_passed, worse), (better, both_failed) = rows
    return {
        "worse": worse,
        "better": better,
        "both_passed": both_passed,
        "both_failed": both_failed,
    }


def apart(case: dict[str, Any]) -> list[float]:
    return [b - a for a, b in zip(case["a"], case["b"], strict=True)]


def same(wanted: float | Sequence[float]) -> Any:
    return pytest.approx(wanted, rel=1e-8, abs=1e-9)


def test_there_are_16_comparisons() -> None:
    if not FILE.exists():
        pytest.skip("../shared/data/stats_reference is not here")
    assert len(comparisons()) == 16
    assert len(comparisons("mcnemar_exact_p")) == 14
    assert len(comparisons("clusters")) == 2


@pytest.mark.parametrize("case", comparisons("mcnemar_exact_p"))
def test_mcnemar_agrees(case: dict[str, Any]) -> None:
    reference, table = case["reference"], of_table(case)
    worse, better, n = table["worse"], table["better"], sum(table.values())
    assert mcnemar(worse, better) == same(reference["mcnemar_exact_p"])
    assert tango_z(better, worse, n=n, difference=0) ** 2 == same(
        (better - worse) ** 2 / (better + worse)
    )
    found = RateEstimate(better, worse, n)
    assert 2 * min(found.p_above(0), found.p_below(0)) == same(reference["mcnemar_chi2_p"])
    # The mid-p has no figure of its own there; it lies near the uncorrected chi-square's.
    assert mcnemar_mid_p(worse, better) <= mcnemar(worse, better)
    assert mcnemar_mid_p(worse, better) == pytest.approx(
        reference["mcnemar_chi2_p"], rel=0.1, abs=1e-4
    )


@pytest.mark.parametrize("case", comparisons("mcnemar_exact_p"))
def test_pass_or_fail_is_compared_from_scores_as_from_the_table(case: dict[str, Any]) -> None:
    result, table = compare_scores(case["a"], case["b"]), of_table(case)
    assert result == compare_pass(**table)
    assert result.effect == same(case["reference"]["diff"])
    exact = result.test is Test.EXACT_MCNEMAR
    assert exact == (table["worse"] + table["better"] < 25)
    assert not exact or result.p_value == same(case["reference"]["mcnemar_exact_p"])


@pytest.mark.parametrize("case", comparisons("mcnemar_exact_p"))
@pytest.mark.parametrize("side", ["a", "b"])
def test_rates_agree(case: dict[str, Any], side: str) -> None:
    passed, n = sum(case[side]), len(case[side])
    assert wilson(passed, n) == same(case["reference"][f"ci95_wilson_{side}"])
    assert clopper_pearson(int(passed), n) == same(case["reference"][f"ci95_beta_{side}"])


@pytest.mark.parametrize("case", comparisons())
def test_means_agree(case: dict[str, Any]) -> None:
    reference, differences, n = case["reference"], apart(case), len(case["a"])
    assert n == reference["n"]
    assert mean_t(differences) == same(reference["t_ci95"])
    assert wilcoxon(differences) == same(reference["wilcoxon_p_normal_approx"])
    changed = sum(d < 0 for d in differences), sum(d > 0 for d in differences)
    assert mcnemar(*changed) == same(reference["sign_test_p"])
    compared = compare_scores(case["a"], case["b"])
    assert compared.effect == same(reference["diff"])


@pytest.mark.parametrize("case", comparisons())
def test_standard_errors_agree(case: dict[str, Any]) -> None:
    reference, alone = case["reference"], range(len(case["a"]))
    errors = [clustered_se(values, alone) for values in (case["a"], case["b"], apart(case))]
    names = ("se_a", "se_b", "se_diff_paired")
    assert errors == same([reference[name] for name in names])
    # The unpaired one is what the pairs save, where both sides move together.
    assert math.hypot(*filter(None, errors[:2])) == same(reference["se_diff_unpaired"])
    low, high = mean_difference(case["a"], case["b"]) or (0, 0)
    assert (low + high) / 2 == same(reference["diff"])


@pytest.mark.parametrize("case", comparisons())
def test_each_figure_is_compared_or_has_its_reason(case: dict[str, Any]) -> None:
    code = Path(__file__).read_text()
    for name in case["reference"]:
        plain = name.removesuffix("_a").removesuffix("_b")
        assert plain in NOT_OURS or code.count(plain) > 0, name


@pytest.mark.parametrize("case", comparisons())
def test_drawn_figures_agree(case: dict[str, Any]) -> None:
    reference, differences = case["reference"], apart(case)
    assert sign_flip(differences) == pytest.approx(reference["sign_flip_p_10k_seed0"], abs=0.015)
    wanted = reference["bootstrap_bca_ci95_seed0"]
    # Of 30 passes and fails a mean has steps of 1/30, and here a step more is 2.5 % to a hair:
    # which of both is drawn is chance, in scipy as here.
    step = 1 / 30 if len(differences) == 30 else 0.0
    room = max(0.05 * (wanted[1] - wanted[0]), step + 1e-9)
    assert bca(differences) == pytest.approx(wanted, abs=room)


@pytest.mark.parametrize("case", comparisons("clusters"))
def test_clusters_agree(case: dict[str, Any]) -> None:
    reference, differences, keys = case["reference"], apart(case), case["cluster"]
    assert clustered_se(differences, keys, corrected=False) == same(reference["se_diff_clustered"])
    assert clustered_se(differences, keys) == same(reference["se_diff_clustered_corrected"])


@pytest.mark.parametrize("case", comparisons())
def test_t_agrees_where_no_skew_is_taken_out(case: dict[str, Any]) -> None:
    reference = case["reference"]
    plain = MeanEstimate(reference["diff"], reference["se_diff_paired"], reference["n"])
    p = 2 * min(plain.p_above(0), plain.p_below(0))
    assert p == pytest.approx(reference["t_p"], rel=1e-7)
    assert plain.interval() == same(reference["t_ci95"])
    ours = estimate(case["a"], case["b"], clusters=range(reference["n"]))
    assert ours is not None
    wide = reference["t_ci95"][1] - reference["t_ci95"][0]
    assert ours.interval() == pytest.approx(reference["t_ci95"], abs=0.05 * wide)


@pytest.mark.parametrize(
    ("correct", "name"),
    [(bonferroni, "bonferroni"), (holm, "holm"), (benjamini_hochberg, "fdr_bh")],
)
def test_corrections_agree(correct: Any, name: str) -> None:
    if not FILE.exists():
        pytest.skip("../shared/data/stats_reference is not here")
    reference = recorded()["multiple_testing"]
    assert correct(reference["t_p_in_case_order"]) == pytest.approx(reference[name], rel=1e-8)


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
