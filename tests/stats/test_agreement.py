"""Agreement beyond chance: recorded figures, worked ones, and what holds for any ratings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.agreement import Agreement, Level, cohen_kappa, gwet_ac1, krippendorff_alpha

FILE = Path(__file__).parents[3] / "shared/data/stats_reference/agreement.json.gz"
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
# Both say yes 40 times, no 25 times; only the first yes 15 times, only the second 20 times.
FIRST, SECOND = [1] * 55 + [0] * 45, [1] * 40 + [0] * 15 + [1] * 20 + [0] * 25

pairs = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=2, max_size=40)
ratings = st.lists(
    st.lists(st.none() | st.integers(1, 4), min_size=3, max_size=3), min_size=2, max_size=25
)


def one_recorded(what: str) -> dict[str, Any]:
    """The recorded case of this name; skips where the data is absent."""
    if not FILE.exists():
        pytest.skip("../shared/data/stats_reference is not here")
    cases = json.loads(gzip.decompress(FILE.read_bytes()))["cases"]
    return next(case for case in cases if case["what"] == what)


def answers(prompt: str, judge: str) -> dict[str, list[str]]:
    """What people and the judge, in both orders, said of the pairs; no verdict is an answer too."""
    file = FILE.parents[1] / f"llmbar/{prompt}.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    orders = ("as_given", "swapped")
    said = {order: [str(row["judges"][judge][order]) for row in rows] for order in orders}
    return {"label": [str(row["label"]) for row in rows], **said}


def table(first: list[int], second: list[int]) -> list[list[int]]:
    """One row per unit."""
    return [list(unit) for unit in zip(first, second, strict=True)]


def every(units: list[list[int | None]]) -> list[Agreement]:
    """All coefficients that take any number of raters."""
    return [gwet_ac1(units), *(krippendorff_alpha(units, level=level) for level in LEVELS)]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("what", ["faithfulness", "appropriateness", "completeness", "naturalness"])
def test_alpha_agrees(what: str, level: Any) -> None:
    case = one_recorded(f"mtrag {what}")
    units = list(zip(*case["raters_by_response"], strict=True))
    result = krippendorff_alpha(units, level=level)
    assert result.coefficient == pytest.approx(case[f"krippendorff_{level}"], rel=1e-8)
    assert result.n == 234


@pytest.mark.parametrize("prompt", ["neighbor", "gptinst"])
@pytest.mark.parametrize("judge", ["GPT-4", "ChatGPT", "PaLM2", "LLaMA2"])
def test_kappa_agrees(judge: str, prompt: str) -> None:
    name = f"{judge}/Vanilla"
    case = one_recorded(f"llmbar {prompt} {name}")
    said = answers(prompt, name)
    for sides in (("label", "as_given"), ("label", "swapped"), ("as_given", "swapped")):
        result = cohen_kappa(said[sides[0]], said[sides[1]])
        expected = case["_against_".join(sides)]
        assert result.n == expected["n"]
        assert result.observed == pytest.approx(expected["agreement"], rel=1e-8)
        assert result.coefficient == pytest.approx(expected["cohen_kappa"], rel=1e-8)


def test_kappa_gives_the_figures_worked_by_hand() -> None:
    result = cohen_kappa(FIRST, SECOND)
    assert (result.observed, result.expected) == pytest.approx((0.65, 0.51))
    assert result.coefficient == pytest.approx(0.14 / 0.49)
    assert result.n == 100
    assert result.base_rates == pytest.approx({0: 0.425, 1: 0.575})


def test_kappa_s_error_is_the_published_one() -> None:
    # Fleiss 1981, "Statistical Methods for Rates and Proportions", chapter 13: 0.68 and 0.087.
    cells = {"pp": 75, "pn": 1, "po": 4, "np": 5, "nn": 4, "no": 1, "oo": 10}
    units = [cell for cell, times in cells.items() for _ in range(times)]
    result = cohen_kappa([unit[0] for unit in units], [unit[1] for unit in units])
    assert result.coefficient == pytest.approx(0.676, abs=5e-4)
    assert result.standard_error == pytest.approx(0.0877, abs=5e-4)


@pytest.mark.parametrize(("weights", "kappa"), [("linear", 1 / 3), ("quadratic", 3 / 7)])
def test_weighted_kappa_counts_a_near_miss_in_part(weights: Any, kappa: float) -> None:
    first, second = ["low", "low", "mid", "high"], ["low", "mid", "mid", "mid"]
    order = ["low", "mid", "high"]
    result = cohen_kappa(first, second, weights=weights, categories=order)
    assert result.coefficient == pytest.approx(kappa)


def test_where_nearly_all_is_alike_kappa_falls_and_ac1_does_not() -> None:
    # Gwet 2008: 118 times both yes, 5 and 2 times one alone.
    first, second = [1] * 123 + [0] * 2, [1] * 118 + [0] * 5 + [1] * 2
    assert cohen_kappa(first, second).coefficient == pytest.approx(-0.0234, abs=5e-5)
    assert gwet_ac1(table(first, second)).coefficient == pytest.approx(0.9408, abs=5e-5)


@pytest.mark.parametrize(("level", "alpha"), zip(LEVELS, (0.743, 0.815, 0.849), strict=True))
def test_alpha_gives_krippendorff_s_own_example(level: Any, alpha: float) -> None:
    raters = ["123321412   ", "1233224125 3", " 3332342251 ", "12332441251 "]
    units = [
        [None if one == " " else int(one) for one in unit] for unit in zip(*raters, strict=True)
    ]
    assert krippendorff_alpha(units, level=level).coefficient == pytest.approx(alpha, abs=5e-4)


@settings(max_examples=25)
@given(pairs)
def test_kappa_does_not_mind_who_is_first(units: list[tuple[int, int]]) -> None:
    first, second = zip(*units, strict=True)
    one, other = cohen_kappa(first, second), cohen_kappa(second, first)
    assert one.coefficient == pytest.approx(other.coefficient)
    assert one.interval == pytest.approx(other.interval)


@settings(max_examples=25)
@given(pairs, st.randoms(use_true_random=False), st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_has_bounds_and_no_order(
    units: list[tuple[int, int]], random: Random, weights: Any
) -> None:
    one, other = (
        cohen_kappa(*zip(*given, strict=True), weights=weights, categories=range(1, 5))
        for given in (units, random.sample(units, len(units)))
    )
    assert one.coefficient == pytest.approx(other.coefficient)
    assert one.interval == pytest.approx(other.interval)
    if one.coefficient is not None and one.interval is not None:
        assert -1 <= one.interval.low <= one.coefficient + 1e-9
        assert one.coefficient - 1e-9 <= one.interval.high <= 1 + 1e-9


@settings(max_examples=25)
@given(ratings, st.randoms(use_true_random=False))
def test_the_order_of_units_and_raters_does_not_count(
    units: list[list[int | None]], random: Random
) -> None:
    mixed = [random.sample(unit, len(unit)) for unit in random.sample(units, len(units))]
    for one, other in zip(every(units), every(mixed), strict=True):
        assert one.coefficient == pytest.approx(other.coefficient)
        assert one.interval == pytest.approx(other.interval)


@settings(max_examples=25)
@given(ratings)
def test_the_interval_holds_the_coefficient(units: list[list[int | None]]) -> None:
    for result in every(units):
        if result.coefficient is not None and result.interval is not None:
            low, high = result.interval
            assert -1 <= low <= max(-1, result.coefficient) + 1e-9
            assert result.coefficient - 1e-9 <= high <= 1 + 1e-9
            assert low < high


@settings(max_examples=25)
@given(ratings)
def test_a_rater_without_a_rating_changes_nothing(units: list[list[int | None]]) -> None:
    assert every([[*unit, None] for unit in units]) == every(units)


@settings(max_examples=25)
@given(ratings)
def test_names_do_not_count_where_no_order_does(units: list[list[int | None]]) -> None:
    renamed = [[None if one is None else "dcba"[one - 1] for one in unit] for unit in units]
    for measure in (gwet_ac1, krippendorff_alpha):
        assert measure(renamed).coefficient == pytest.approx(measure(units).coefficient)


@settings(max_examples=25)
@given(ratings)
def test_the_unit_of_measurement_does_not_count(units: list[list[int | None]]) -> None:
    scaled = [[None if one is None else 7.5 * one - 3 for one in unit] for unit in units]
    for level in LEVELS:
        one, other = (krippendorff_alpha(given, level=level) for given in (units, scaled))
        assert one.coefficient == pytest.approx(other.coefficient)


@pytest.mark.parametrize("measure", [gwet_ac1, krippendorff_alpha])
def test_full_agreement_of_a_few_claims_no_certainty(measure: Any) -> None:
    few, many = measure([[1, 1], [0, 0]] * 5), measure([[1, 1], [0, 0]] * 500)
    assert (few.coefficient, many.coefficient) == (1.0, 1.0)
    assert few.interval.low < 0.6 < 0.98 < many.interval.low
    assert few.interval.high == many.interval.high == 1.0


@pytest.mark.parametrize(("which", "near"), [(0, 0.002), (1, 0.02), (2, 0.02), (3, 0.05)])
def test_the_error_is_that_of_leaving_one_out(which: int, near: float) -> None:
    random = np.random.default_rng(3)
    truth = 1 + random.choice(5, p=[0.8, 0.1, 0.04, 0.03, 0.03], size=(90, 1))
    guess = random.integers(1, 6, size=(90, 3))
    units = np.where(random.random((90, 3)) < 0.25, guess, truth).tolist()
    left = np.array([every(units[:i] + units[i + 1 :])[which].coefficient for i in range(90)])
    jackknife = (89 / 90 * ((left - left.mean()) ** 2).sum()) ** 0.5
    assert every(units)[which].standard_error == pytest.approx(jackknife, rel=near)


def test_the_interval_holds_the_truth_where_one_answer_is_rare() -> None:
    # Both say yes in 92 of 100, both no in 2: kappa 0.02 + 0.92 - 0.905 of 1 - 0.905.
    draws = np.random.default_rng(8).choice(4, size=(300, 60), p=[0.92, 0.03, 0.03, 0.02])
    results = [cohen_kappa((row // 2).tolist(), (row % 2).tolist()) for row in draws]
    held = [
        one.interval.low <= 0.035 / 0.095 <= one.interval.high for one in results if one.interval
    ]
    assert 0.93 <= sum(held) / len(held) <= 0.99


@pytest.mark.parametrize(
    ("units", "why"),
    [([], "no unit"), ([[1, None], [None, 2]], "no unit"), ([[1, 1], [1, 1]], "the same")],
)
def test_with_nothing_to_agree_on_there_is_no_coefficient(units: Any, why: str) -> None:
    for result in every(units):
        assert result.coefficient is None
        assert result.interval is None
        assert why in result.method


def test_one_unit_gives_no_interval() -> None:
    result = krippendorff_alpha([[1, 2], [1, None]])
    assert (result.n, result.left_out, result.interval) == (1, 1, None)
    assert result.coefficient == 0.0


def test_two_raters_who_always_say_yes_agree_if_no_was_possible() -> None:
    assert gwet_ac1([["yes", "yes"]] * 9, categories=["yes", "no"]).coefficient == 1.0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: cohen_kappa(["a", "b"], ["b", "c"], weights="linear"), "no order"),
        (lambda: krippendorff_alpha([["a", "b"]], level="ordinal"), "no order"),
        (lambda: krippendorff_alpha([["a", "b"]], level="interval", categories="ab"), "numbers"),
        (lambda: cohen_kappa([1, 2], ["1", "2"]), "mixed"),
        (lambda: gwet_ac1([[1, 3]], categories=[1, 2]), "not among"),
        (lambda: cohen_kappa([1], [1, 2]), "zip"),
    ],
)
def test_what_cannot_be_compared_is_refused(wrong: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wrong()
