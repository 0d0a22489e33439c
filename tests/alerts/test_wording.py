from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from evalsite.alerts.wording import percent, points, probability, wording_of
from tests.alerts.told import make_fall


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.92, "92 %"), (0.815, "81.5 %"), (1.0, "100 %"), (0.0, "0 %"), (None, "?")],
)
def test_percent(share: float | None, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("difference", "said"),
    [(-0.11, "-11"), (0.056, "+5.6"), (-0.0001, "0"), (0.0001, "0"), (None, "?")],
)
def test_points(difference: float | None, said: str) -> None:
    assert points(difference) == said


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0123, "p = 0.012"), (1.0, "p = 1"), (1e-9, "p < 0.0001"), (None, "no p-value")],
)
def test_probability(p: float | None, said: str) -> None:
    assert probability(p) == said


@pytest.mark.usefixtures("as_acme")
def test_the_slice_that_lost_is_named() -> None:
    wording = wording_of(make_fall(tags=["lost"]))
    assert wording["slices"] == [
        {"kind": "tag", "value": "lost", "n_pairs": 20, "worse": 12, "better": 0}
    ]


@pytest.mark.usefixtures("as_acme")
def test_no_slice_is_named_where_all_are_one() -> None:
    assert wording_of(make_fall())["slices"] == []


@pytest.mark.usefixtures("as_acme")
def test_the_worst_cases_are_five() -> None:
    keys = [case.key for case in wording_of(make_fall())["cases"]]
    assert keys == ["case-00", "case-01", "case-02", "case-03", "case-04"]


@pytest.mark.usefixtures("as_acme")
def test_what_is_to_be_known_of_the_judges_is_told() -> None:
    fall = make_fall()
    assert wording_of(fall)["marks"] == []
    fall.batch.preflight, fall.batch.preflight_notes = "not_checked", ["nobody was there"]
    told = "The judges were not checked: nobody was there."
    assert wording_of(fall)["marks"] == [told]
    for body in ("comparison-body.txt", "comparison-body.html"):
        assert told in render_to_string(f"alerts/{body}", wording_of(fall))
