from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.alerts.printable import printable


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain, ünïcödé, 日本 and 🙂", "plain, ünïcödé, 日本 and 🙂"),
        ("two\nlines\tand  gaps", "two lines and gaps"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("lone \ud800 half", "lone \\ud800 half"),
        ("rub\x7fout\x9b", "rub\\u007fout\\u009b"),
        ("", ""),
    ],
)
def test_it_shows_what_hides(given: str, shown: str) -> None:
    assert printable(given) == shown


def test_it_shortens() -> None:
    assert printable("word " * 100, limit=20) == "word word word word…"


def test_what_fits_is_whole() -> None:
    assert printable("a" * 20, limit=20) == "a" * 20


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_it_always_can_be_mailed_and_printed(text: str) -> None:
    shown = printable(text, limit=50)
    assert shown.isprintable()
    assert len(shown) <= 50
    shown.encode()
