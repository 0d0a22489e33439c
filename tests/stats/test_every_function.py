"""No function of evalsite/stats without a property; none that takes cases minds their order."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.agreement import Agreement, cohen_kappa, gwet_ac1, krippendorff_alpha
from evalsite.stats.bootstrap import bca, cluster_bca
from evalsite.stats.clusters import clustered_se, clustered_t, design_effect
from evalsite.stats.corrected_mean import Corrected, corrected_mean
from evalsite.stats.estimates import estimate
from evalsite.stats.intervals import mean_t
from evalsite.stats.paired import PairedResult, compare_scores
from evalsite.stats.paired_tests import sign_flip, wilcoxon
from evalsite.stats.sequence import confidence_sequence, tally
from evalsite.stats.unpaired import mean_difference

TESTS = Path(__file__).parent
ROOM = TESTS.parents[1] / "evalsite/stats"
Cases = Sequence[tuple[float, float, int]]


def names_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def public() -> list[str]:
    """The functions of the room that are there for others."""
    trees = [ast.parse(file.read_text()) for file in sorted(ROOM.glob("*.py"))]
    found = [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in found if not name.startswith("_")]


def held(file: Path) -> Iterator[str]:
    """What the tests of a file that are given random input name, directly or through helpers."""
    named: dict[str, set[str]] = {}
    new: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            named[node.name] = names_in(node)
            new |= (
                {node.name} if any("given" in names_in(d) for d in node.decorator_list) else set()
            )
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named |= {one.id: names_in(node) for one in targets if isinstance(one, ast.Name)}
    seen: set[str] = set()
    while new:
        seen |= new
        yield from new
        new = set().union(*(named.get(name, set()) for name in new)) - seen


@pytest.mark.parametrize("name", public())
def test_it_is_held_to_a_property(name: str) -> None:
    files = [file for file in TESTS.glob("test_*.py") if file.name != Path(__file__).name]
    assert name in {found for file in files for found in held(file)}


def before(cases: Cases) -> list[float]:
    return [case[0] for case in cases]


def after(cases: Cases) -> list[float]:
    return [case[1] for case in cases]


def apart(cases: Cases) -> list[float]:
    return [now - then for then, now, _ in cases]


def keys(cases: Cases) -> list[int]:
    return [key for _, _, key in cases]


def answers(found: Any) -> Any:
    """What a result says, in numbers."""
    if isinstance(found, PairedResult):
        return [found.effect, found.p_value, *(found.interval or ()), found.more_cases]
    if isinstance(found, Agreement | Corrected):
        return list(found.interval or ())
    if hasattr(found, "p_above"):
        return [found.effect, *found.interval(), found.p_above(0.1), found.p_below(-0.1)]
    return found


TAKES_CASES: dict[str, Callable[[Cases], Any]] = {
    "bca": lambda c: bca(apart(c), resamples=99),
    "cluster_bca": lambda c: cluster_bca(apart(c), keys(c), resamples=99),
    "clustered_se": lambda c: clustered_se(apart(c), keys(c)),
    "clustered_t": lambda c: clustered_t(apart(c), keys(c)),
    "cohen_kappa": lambda c: cohen_kappa(before(c), after(c)),
    "compare_scores": lambda c: compare_scores(before(c), after(c)),
    "compare_scores by cluster": lambda c: compare_scores(before(c), after(c), clusters=keys(c)),
    "confidence_sequence": lambda c: confidence_sequence(tally(apart(c))),
    "corrected_mean": lambda c: corrected_mean([case[:2] for case in c], []),
    "design_effect": lambda c: design_effect(before(c), keys(c)),
    "estimate": lambda c: estimate(before(c), after(c)),
    "estimate by cluster": lambda c: estimate(before(c), after(c), clusters=keys(c)),
    "gwet_ac1": lambda c: gwet_ac1([case[:2] for case in c]),
    "krippendorff_alpha": lambda c: krippendorff_alpha([case[:2] for case in c], level="interval"),
    "mean_difference": lambda c: mean_difference(before(c), after(c)),
    "mean_t": lambda c: mean_t(apart(c)),
    "sign_flip": lambda c: sign_flip(apart(c), flips=99),
    "sign_flip by cluster": lambda c: sign_flip(apart(c), clusters=keys(c), flips=99),
    "wilcoxon": lambda c: wilcoxon(apart(c)),
}
score = st.integers(0, 16).map(lambda i: i / 16)
some_cases = st.lists(st.tuples(score, score, st.integers(0, 8)), min_size=2, max_size=30)


@pytest.mark.parametrize("name", TAKES_CASES)
@settings(max_examples=15)
@given(some_cases, st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(name: str, cases: Cases, random: Random) -> None:
    mixed = random.sample(cases, len(cases))
    one, other = (answers(TAKES_CASES[name](given)) for given in (cases, mixed))
    assert other == pytest.approx(one, abs=1e-7)
