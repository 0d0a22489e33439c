from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from evalsite.alerts.wording import wording_of
from tests.alerts.told import make_fall


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
