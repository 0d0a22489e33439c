"""An output's own fields, checked before it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.targets.check import OutputRefused, check_output
from evalsite.targets.record import CheckedOutput
from packs.protocol import PackError
from packs.registry import PACKS


def checked(**fields: Any) -> CheckedOutput:
    given = {"key": "a", "answer": {"answer": 1}, **fields}
    return check_output(given, pack=PACKS.load("exact").value)


def test_what_is_left_out_has_a_default() -> None:
    assert checked() == ("a", 0, {"answer": 1}, "", None, None, None, None)


def test_figures_are_kept() -> None:
    output = checked(repetition=2, latency_ms=3, tokens_in=4, tokens_out=0, cost_usd=0.25)
    assert output[4:] == (3.0, 4, 0, 0.25)
    assert isinstance(output.latency_ms, float)


def test_an_error_needs_no_answer() -> None:
    assert checked(answer=None, error="timeout").answer is None


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"answer": None}, "output_empty", "answer"),
        ({"error": 7}, "output_field_invalid", "error"),
        ({"repetition": -1}, "output_field_invalid", "repetition"),
        ({"repetition": 40_000}, "output_field_invalid", "repetition"),
        ({"repetition": True}, "output_field_invalid", "repetition"),
        ({"tokens_in": 1.5}, "output_field_invalid", "tokens_in"),
        ({"tokens_out": 2**31}, "output_field_invalid", "tokens_out"),
        ({"latency_ms": "fast"}, "output_field_invalid", "latency_ms"),
        ({"cost_usd": -0.1}, "output_field_invalid", "cost_usd"),
        ({"cost_usd": 1e300}, "output_field_invalid", "cost_usd"),
        ({"latency": 1}, "output_field_unknown", "latency"),
    ],
)
def test_a_bad_field_is_refused_at_its_path(fields: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(OutputRefused) as refused:
        checked(**fields)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_the_answer_is_refused_by_the_pack() -> None:
    with pytest.raises(PackError) as refused:
        checked(answer=[])
    assert (refused.value.code, refused.value.path) == ("output_invalid", "output")
