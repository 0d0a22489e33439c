"""Charts are right: what is drawn is where the numbers say."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.web.charts.forest import forest
from evalsite.web.charts.interval_bar import WIDTH, interval_bar
from evalsite.web.charts.ranks import LEFT as RANKS_LEFT
from evalsite.web.charts.ranks import RIGHT as RANKS_RIGHT
from evalsite.web.charts.ranks import Ranked, ranks
from evalsite.web.charts.scale import Scale, covering, ticks
from evalsite.web.charts.series import FOOT, LEFT, RIGHT, Change, SeriesPoint, series
from evalsite.web.charts.sparkline import sparkline

SVG = "{http://www.w3.org/2000/svg}"
QUICK = settings(max_examples=30, deadline=None)
SHARES = st.floats(0, 1)
NUMBERS = st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-6)


@st.composite
def estimates(draw: Any) -> tuple[float, float, float]:
    """A low end, a value and a high end."""
    low, value, high = sorted(draw(st.lists(SHARES, min_size=3, max_size=3)))
    return low, value, high


@st.composite
def points(draw: Any) -> list[SeriesPoint]:
    """A series with gaps."""
    found = draw(st.lists(st.none() | estimates(), min_size=1, max_size=60))
    ends = [each or (None, None, None) for each in found]
    return [SeriesPoint(v, low, high, f"v{at}") for at, (low, v, high) in enumerate(ends)]


def drawn(template: str, **context: Any) -> ElementTree.Element:
    """The chart as an XML parser reads it, with the name space that a page gives it."""
    text = Template("{% load charts %}" + template).render(Context(context))
    assert "style=" not in text
    svg = ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))
    assert svg.get("aria-label")
    return svg


def marks(svg: ElementTree.Element, kind: str, css: str) -> list[ElementTree.Element]:
    return [e for e in svg.iter(SVG + kind) if css in (e.get("class") or "").split()]


def number(element: ElementTree.Element, name: str) -> float:
    return float(element.get(name) or "nan")


def assert_inside(svg: ElementTree.Element) -> None:
    """Every place that is given as an attribute is inside the view box."""
    _, _, width, height = map(float, (svg.get("viewBox") or "").split())
    for element in svg.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.get(name) or 0) <= width
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.get(name) or 0) <= height
        pairs = [pair.split(",") for pair in (element.get("points") or "").split()]
        assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in pairs)


@QUICK
@given(NUMBERS, NUMBERS)
def test_ticks_are_round_and_enclose_the_data(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = ticks(low, high)
    room = 1e-6 * max(abs(low), abs(high), 1e-9)
    assert found[0] <= low + room
    assert found[-1] >= high - room
    step = found[1] - found[0]
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(lead - round_one) for round_one in (1, 2, 5, 10)) < 1e-3
    assert 2 <= len(found) <= 12


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.5, 1.0]),
        (0.81, 0.92, [0.8, 0.85, 0.9, 0.95]),
        (0, 700, [0, 200, 400, 600, 800]),
        (-0.03, 0.05, [-0.04, -0.02, 0.0, 0.02, 0.04, 0.06]),
    ],
)
def test_ticks_that_anybody_would_write(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


@QUICK
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_scale_keeps_the_order(values: list[float]) -> None:
    scale, _ = covering(values, start=0, end=1000)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 1000 for place in places)


def test_a_scale_holds_shares_within_0_and_1() -> None:
    scale, _ = covering([1.0, 1.0], start=0, end=100, share=True)
    assert scale.high == 1.0
    assert Scale(0, 1, 0, 100).at(7.0) == 100


@QUICK
@given(estimates())
def test_an_interval_bar_stands_at_its_numbers(ends: tuple[float, float, float]) -> None:
    low, value, high = ends
    svg = drawn("{% interval_bar low value high %}", low=low, value=value, high=high)
    (line,), (dot,) = marks(svg, "line", "chart__interval"), marks(svg, "circle", "chart__dot")
    expected = [5 + (WIDTH - 10) * end for end in ends]
    found = [number(line, "x1"), number(dot, "cx"), number(line, "x2")]
    assert found == pytest.approx(expected, abs=0.5)
    assert found == sorted(found)
    assert_inside(svg)


def test_an_interval_bar_without_a_figure_draws_none() -> None:
    svg = drawn("{% interval_bar None None None %}")
    assert not marks(svg, "circle", "chart__dot")
    assert svg.get("aria-label") == "not measured"


def test_an_interval_bar_clips_what_is_beyond() -> None:
    bar = interval_bar((-0.5, 0.5, 1.5))
    assert (bar.low, bar.high) == (bar.start, bar.end)
    assert bar.label == "50.0 %, 95 % interval -50.0 to 150.0 %"


def test_a_sparkline_leaves_a_gap_for_none() -> None:
    given = [
        (0.5, 0.4, 0.6, "a"),
        (0.6, 0.5, 0.7, "b"),
        (None,) * 3 + ("c",),
        (0.0, None, None, "d"),
    ]
    svg = drawn("{% sparkline points %}", points=given)
    (line,) = marks(svg, "polyline", "chart__line")
    assert len((line.get("points") or "").split()) == 2
    (alone,) = marks(svg, "circle", "chart__dot")
    assert (number(alone, "cx"), number(alone, "cy")) == pytest.approx((116, 24), abs=0.5)
    assert svg.get("aria-label") == "3 points, from 50.0 % (a) to 0.0 % (d); 1 not measured"
    assert_inside(svg)


def test_an_empty_sparkline_says_so() -> None:
    assert sparkline([]).label == "nothing measured"
    assert sparkline([(None, None, None, "a")]).label == "nothing measured; 1 not measured"


@QUICK
@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 3), min_size=1, max_size=8))
def test_a_forest_stands_at_its_numbers(found: list[tuple[float, float, float]]) -> None:
    ends = [(row[0], row[1], row[2]) for row in map(sorted, found)]
    rows = [(f"row {at}", low, value, high, "") for at, (low, value, high) in enumerate(ends)]
    svg = drawn("{% forest rows %}", rows=rows)
    scale, _ = covering([0.0, *(end for row in ends for end in row)], start=14, end=346)
    assert forest(rows).zero == pytest.approx(scale.at(0.0), abs=0.5)
    lines = marks(svg, "line", "chart__interval")
    for row, line, dot in zip(ends, lines, marks(svg, "circle", "chart__dot"), strict=True):
        places = [number(line, "x1"), number(dot, "cx"), number(line, "x2")]
        assert places == pytest.approx([scale.at(end) for end in row], abs=0.5)
    assert_inside(svg)


def test_no_line_of_the_axis_crosses_a_forests_words() -> None:
    rows = [(f"row {at}", -0.9, -0.8, -0.7, "") for at in range(3)]
    svg = drawn("{% forest rows margin=margin %}", rows=rows, margin=-0.05)
    words = [
        (number(t, "y") - 21, number(t, "y") - 9) for t in marks(svg, "text", "chart__figures")
    ]
    pieces = [
        piece for path in svg.iter(SVG + "path") for piece in (path.get("d") or "M").split("M")
    ]
    lines = [tuple(map(float, piece.split()[1].split("V"))) for piece in pieces if piece]
    assert len(lines) >= 3 * len(rows)
    assert not [at for at in lines for word in words if at[0] < word[1] and word[0] < at[1]]


def test_a_forest_says_which_side_and_links() -> None:
    rows = [("up", 0.01, 0.02, 0.03, "/up"), ("none", None, None, None, "")]
    svg = drawn("{% forest rows %}", rows=rows)
    assert svg.get("role") == "group"
    assert [link.get("href") for link in svg.iter(SVG + "a")] == ["/up"]
    assert [row.side for row in forest(rows).rows] == ["above", "around"]
    assert svg.get("aria-label") == "up: +2.0 (+1.0 to +3.0); none: not measured"


def test_a_forest_names_by_text_only() -> None:
    svg = drawn("{% forest rows %}", rows=[("<b>&", -0.1, 0.0, 0.1, "")])
    assert "<b>&" in [text.text for text in svg.iter(SVG + "text")]


@QUICK
@given(points())
def test_a_series_stands_at_its_numbers(given_points: list[SeriesPoint]) -> None:
    svg = drawn("{% series points %}", points=given_points)
    whole = [(at, p) for at, p in enumerate(given_points) if p.value is not None]
    dots = marks(svg, "circle", "chart__dot")
    values = [end for _, p in whole for end in (p.low, p.value, p.high) if end is not None]
    scale, _ = covering(values, start=FOOT, end=16, share=True)
    step = (RIGHT - LEFT) / len(given_points)
    for (at, point), dot in zip(whole, dots, strict=True):
        assert number(dot, "cx") == pytest.approx(LEFT + step * (at + 0.5), abs=0.5)
        assert number(dot, "cy") == pytest.approx(scale.at(point.value or 0.0), abs=0.5)
    missing = marks(svg, "path", "chart__missing")
    assert len(missing) == len(given_points) - len(whole)
    assert_inside(svg)


@QUICK
@given(points())
def test_a_series_keeps_the_value_in_its_interval(given_points: list[SeriesPoint]) -> None:
    for point in series(given_points).points:
        low, dot, high = point.mark
        if low is not None and dot is not None and high is not None:
            assert FOOT >= low >= dot >= high >= 16


def test_a_change_is_a_line_before_its_point() -> None:
    given_points = [SeriesPoint(0.9, 0.8, 1.0, f"v{at}") for at in range(4)]
    changes = [Change(3, "fell", is_harm=True)]
    svg = drawn("{% series points changes %}", points=given_points, changes=changes)
    (group,) = marks(svg, "g", "chart__change")
    line, text = list(group)
    assert number(line, "x1") == pytest.approx(LEFT + (RIGHT - LEFT) * 3 / 4, abs=0.5)
    assert text.text == "fell"
    assert "change before v3: fell" in (svg.get("aria-label") or "")


def test_a_series_links_each_point_and_marks_partial_ones() -> None:
    given_points = [
        SeriesPoint(0.9, 0.8, 1.0, "v1", url="/1"),
        SeriesPoint(0.5, None, None, "v2", url="/2", note="3 of 9 left out"),
    ]
    svg = drawn("{% series points %}", points=given_points)
    links = list(svg.iter(SVG + "a"))
    assert [link.get("href") for link in links] == ["/1", "/2"]
    titles = [link.findtext(f"{SVG}title") for link in links]
    assert titles == ["v1: 90.0 %, 95 % interval 80.0 to 100.0 %", "v2: 50.0 % (3 of 9 left out)"]
    assert len(marks(svg, "circle", "chart__dot--partial")) == 1


@pytest.mark.parametrize(("n", "bars"), [(40, 40), (41, 0)])
def test_many_intervals_are_a_band(n: int, bars: int) -> None:
    svg = drawn("{% series points %}", points=[SeriesPoint(0.9, 0.8, 1.0, "v")] * n)
    assert len(marks(svg, "line", "chart__interval")) == bars
    assert len(marks(svg, "polygon", "chart__band")) == (not bars)


def test_names_below_the_axis_stand_clear() -> None:
    names = series([SeriesPoint(0.5, None, None, "a-long-version")] * 90).names
    gaps = [later.at - name.at for name, later in pairwise(names)]
    assert min(gaps) >= 80
    assert {name.text for name in names} == {"a-long-vers…"}


@QUICK
@given(st.lists(st.lists(st.integers(1, 300), min_size=3, max_size=3), min_size=1, max_size=9))
def test_ranks_stand_at_their_numbers(found: list[list[int]]) -> None:
    ends = [(row[0], row[1], row[2]) for row in map(sorted, found)]
    rows = [Ranked(f"s{at}", *row) for at, row in enumerate(ends)]
    svg = drawn("{% ranks rows %}", rows=rows)
    best, worst = min(row.low for row in rows), max(row.high for row in rows)
    step = (RANKS_RIGHT - RANKS_LEFT) / (worst - best + 1)
    lines = marks(svg, "line", "chart__interval")
    for row, line, dot in zip(rows, lines, marks(svg, "circle", "chart__dot"), strict=True):
        places = [number(line, "x1"), number(dot, "cx"), number(line, "x2")]
        expected = [RANKS_LEFT + step * (rank - best + 0.5) for rank in row[1:4]]
        assert places == pytest.approx(expected, abs=0.5)
    assert_inside(svg)


def test_ranks_say_intervals_and_ties() -> None:
    chart = ranks([Ranked("best", 1, 1, 3, "a b"), Ranked("last", 4, 4, 4)])
    assert chart.label == "best: rank 1, may be 1 to 3, ties a b; last: rank 4"
    assert [tick.text for tick in chart.ticks] == ["1", "2", "3", "4"]
