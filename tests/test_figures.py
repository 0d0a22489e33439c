"""Figures are written the same everywhere."""

from __future__ import annotations

import pytest

from evalsite.figures import between, change, equals, level, levels, moved, score, size


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.8986, "share", "89.9 %"),
        (1.0, "share", "100.0 %"),
        (1874.2, "ms", "1,874 ms"),
        (0.0321, "ms", "0.0321 ms"),
        (0.00096461, "USD", "$0.000965"),
        (0.0, "USD", "$0"),
        (1e-9, "USD", "$0.000000001"),
        (926.4, "tokens", "926"),
        (None, "ms", "-"),
    ],
)
def test_a_level(value: float | None, unit: str, said: str) -> None:
    assert level(value, unit) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (-0.13, "share", "-13.0 points"),
        (-0.0001, "share", "+0.0 points"),
        (153.0, "ms", "+153 ms"),
        (-0.000245, "USD", "-$0.000245"),
        (1.61, "tokens", "+1.61"),
        (None, "share", "-"),
    ],
)
def test_a_change(value: float | None, unit: str, said: str) -> None:
    assert change(value, unit) == said
    assert moved(value, unit) == said.removesuffix(" points")


def test_a_score_has_two_digits() -> None:
    assert (score(0.957), score(1.0), score(None)) == ("0.96", "1.00", "-")


def test_an_interval_has_no_unit() -> None:
    assert between(-0.241, -0.033) == "-24.1 to -3.3"
    assert between(-1359.0, 1075.4, unit="ms") == "-1,359 to +1,075"
    assert between(-0.000266, -0.000225, unit="USD") == "-0.00027 to -0.00022"
    assert between(None, 0.1) == "-"
    assert levels(0.81, 0.951) == "81.0 to 95.1"
    assert levels(0.0512, 12.3, unit="USD") == "0.0512 to 12.3"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(0.03, "share", "3 points"), (200, "ms", "200 ms"), (0.001, "USD", "$0.001")],
)
def test_a_margin_is_told_as_it_was_declared(value: float, unit: str, said: str) -> None:
    assert size(value, unit) == said


@pytest.mark.parametrize(
    ("p", "said"), [(0.0123, "= 0.012"), (1.0, "= 1"), (1e-9, "< 0.0001"), (None, "= -")]
)
def test_p(p: float | None, said: str) -> None:
    assert equals(p) == said
