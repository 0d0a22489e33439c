"""What the comparison says in one sentence."""

from __future__ import annotations

from evalsite.pipeline.report import comparison_line
from evalsite.tenants.models import Tenant
from tests.factories import make_regression


def test_a_comparison_tells_its_interval(as_acme: Tenant) -> None:
    found = make_regression(effect=-0.4, effect_low=-0.6, effect_high=-0.1, p_value=0.008)
    assert "(-40.0 points, 95 % interval -60.0 to -10.0, p = 0.008; 8 worse" in comparison_line(
        found.comparison
    )


def test_too_few_pairs_have_no_interval_and_say_why(as_acme: Tenant) -> None:
    found = make_regression(effect=-0.4, verdict="inconclusive", method="no test: 5 pairs")
    line = comparison_line(found.comparison)
    assert "(-40.0 points; 8 worse" in line
    assert "no test: 5 pairs)" in line
