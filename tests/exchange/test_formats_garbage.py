"""Whatever a file holds, each of its lines is an object or a coded fault."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.errors import EvalsiteError
from evalsite.exchange.formats.format import RecordRefused
from evalsite.exchange.formats.registry import FORMATS, read
from evalsite.exchange.legacy.card_record import CARD_FIELDS, card_of
from evalsite.exchange.legacy.case_record import OWN_FIELDS, case_fields
from evalsite.exchange.lines import BadLine
from packs.nl2api.legacy import OLD_FIELDS

FIELDS = (
    *("id", "question", "function", "result", "latency", "task_id", "prompt", "entry_point"),
    *("canonical_solution", "test", "completion", "text", "code", "test_list", "test_imports"),
    *OLD_FIELDS,
    *OWN_FIELDS,
    *CARD_FIELDS,
)
PUBLISHED = [
    (format.name, side)
    for format in FORMATS.values()
    for side in ("cases", "outputs")
    if getattr(format, side)
]
whole = st.integers(min_value=-(2**63), max_value=2**63 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.none() | st.booleans() | whole | finite | st.text(max_size=5)
calls = st.sampled_from(["f(", "[f(a=1)]", "f(a=[[{}]])", "def f(): ...", "assert f()", "x-1"])
values = st.recursive(
    plain | calls,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
records = st.dictionaries(st.sampled_from(FIELDS), values, max_size=len(FIELDS))
columns = st.lists(st.sampled_from(["1", "Q0", "0", "d", "0.5", "nan", "-1", "é"]), max_size=7)


def lines_of(data: bytes, *, form: str, side: Any) -> Iterator[Any]:
    """Read data as a file of the format, and as its companion."""
    companion = io.BytesIO(data) if FORMATS[form].companion else None
    return read(io.BytesIO(data), format=form, side=side, companion=companion)


@pytest.mark.parametrize(("form", "side"), PUBLISHED)
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(records | columns.map(" ".join), min_size=1, max_size=4))
def test_any_file_is_read_or_refused(form: str, side: str, rows: list[Any]) -> None:
    texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    with suppress(EvalsiteError):
        for _, line in lines_of("\n".join(texts).encode(), form=form, side=side):
            assert isinstance(line, BadLine | dict)


@settings(max_examples=100, deadline=None)
@given(record=records)
def test_any_old_record_is_read_or_refused(record: dict[str, Any]) -> None:
    card = card_of(record, key="k")
    assert (card.overall_passed is None) is (card.status in ("unscored", "errored"))
    with suppress(RecordRefused):
        assert case_fields(record)["key"]
