from __future__ import annotations

import re

import pytest

from evalsite.env import ROOT
from evalsite.gates.read import parse_gate
from evalsite.gates.reasons import Code
from evalsite.gates.spec import LIMITED, GateSpec

PAGE = (ROOT / "docs" / "gates.md").read_text()


@pytest.mark.parametrize("told", [*Code, *LIMITED, *GateSpec.model_fields])
def test_each_reason_metric_and_field_is_told(told: str) -> None:
    assert f"`{told}`" in PAGE


def test_no_reason_is_told_that_is_gone() -> None:
    table = PAGE.partition("## Reasons")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Code)


def test_the_sample_is_a_gate() -> None:
    (sample, *_) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert parse_gate(sample.encode()).name == "release"
