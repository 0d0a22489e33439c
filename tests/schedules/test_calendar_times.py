"""When a schedule is due, also where the clock on the wall is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.errors import EvalsiteError
from evalsite.schedules.calendar import (
    Rhythm,
    check_rhythm,
    due_times,
    next_time,
    next_times,
    times,
    zone_of,
)

BERLIN = "Europe/Berlin"
# In 2026 the clock there goes from 02:00 to 03:00 on 29 March, from 03:00 to 02:00 on 25 October.
SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)


def cron(text: str, zone: str = BERLIN) -> Rhythm:
    return Rhythm(text, None, zone)


def on_the_wall(rhythm: Rhythm, after: datetime, *, n: int) -> list[str]:
    zone = zone_of(rhythm.time_zone)
    return [f"{one.astimezone(zone):%d %H:%M %Z}" for one in next_times(rhythm, after=after, n=n)]


def test_it_keeps_to_the_clock_on_the_wall() -> None:
    told = on_the_wall(cron("30 6 * * *"), SPRING, n=2)
    assert told == ["29 06:30 CEST", "30 06:30 CEST"]


def test_a_time_that_is_left_out_is_due_as_soon_as_there_is_a_time_again() -> None:
    assert on_the_wall(cron("30 2 * * *"), SPRING, n=2) == ["29 03:00 CEST", "30 02:30 CEST"]


def test_a_time_that_comes_twice_is_due_the_first_time_only() -> None:
    assert on_the_wall(cron("30 2 * * *"), AUTUMN, n=2) == ["25 02:30 CEST", "26 02:30 CET"]


def test_asked_in_the_second_of_the_two_hours_it_is_not_due_before() -> None:
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 CET
    assert on_the_wall(cron("30 2 * * *"), second, n=1) == ["26 02:30 CET"]


def test_by_elapsed_time_it_is_due_in_both_hours() -> None:
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    told = on_the_wall(cron("*/30 * * * *"), before, n=4)
    assert told == ["25 02:30 CEST", "25 02:00 CET", "25 02:30 CET", "25 03:00 CET"]


def test_by_elapsed_time_the_hour_that_is_left_out_has_none() -> None:
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    told = on_the_wall(cron("*/30 * * * *"), before, n=3)
    assert told == ["29 01:30 CET", "29 03:00 CEST", "29 03:30 CEST"]


def test_an_interval_knows_no_zone() -> None:
    day = Rhythm("", 86_400, BERLIN)
    assert next_time(day, after=SPRING) == SPRING + timedelta(days=1)


@pytest.mark.parametrize(
    ("crontab", "code"),
    [
        ("61 * * * *", "crontab_invalid"),
        ("* * * *", "crontab_invalid"),
        ("* * * * * */5", "crontab_invalid"),
        ("@daily", "crontab_invalid"),
        ("0 0 30 2 *", "crontab_invalid"),
    ],
)
def test_what_is_no_crontab_is_refused(crontab: str, code: str) -> None:
    with pytest.raises(EvalsiteError) as refused:
        check_rhythm(cron(crontab))
    assert refused.value.code == code


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe", "Europe/\0"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(EvalsiteError) as refused:
        check_rhythm(cron("0 6 * * *", zone))
    assert refused.value.code == "time_zone_unknown"


_TEN_YEARS = 10 * 365 * 86_400
MOMENTS = st.integers(0, _TEN_YEARS).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
ZONES = st.sampled_from(
    [BERLIN, "UTC", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
FIXED = st.builds(
    "{} {} * * *".format,
    st.lists(st.integers(0, 59), min_size=1, max_size=3).map(lambda ms: ",".join(map(str, ms))),
    st.lists(st.integers(0, 23), min_size=1, max_size=3).map(lambda hs: ",".join(map(str, hs))),
)
ELAPSED = st.builds("*/{} {} * * *".format, st.integers(1, 30), st.sampled_from(["*", "1-4", "2"]))
CRONTABS = st.one_of(FIXED, ELAPSED)
EXAMPLES = settings(max_examples=60, deadline=None)


@EXAMPLES
@given(CRONTABS, ZONES, MOMENTS)
def test_each_time_is_later_than_the_one_before(text: str, zone: str, after: datetime) -> None:
    found = next_times(cron(text, zone), after=after, n=20)
    assert all(one < other for one, other in pairwise([after, *found]))


@EXAMPLES
@given(CRONTABS, ZONES, MOMENTS)
def test_going_on_from_any_time_gives_the_same_times(text: str, zone: str, after: datetime) -> None:
    rhythm = cron(text, zone)
    found = next_times(rhythm, after=after, n=12)
    steps = [next_time(rhythm, after=one) for one in found]
    assert steps[:-1] == found[1:]


@EXAMPLES
@given(FIXED, ZONES, MOMENTS)
def test_with_a_fixed_hour_no_day_is_without_a_tick(text: str, zone: str, after: datetime) -> None:
    days = [
        one.astimezone(zone_of(zone)).date()
        for one in next_times(cron(text, zone), after=after, n=40)
    ]
    assert all(other - one <= timedelta(days=1) for one, other in pairwise(days))


@EXAMPLES
@given(CRONTABS, ZONES, MOMENTS, st.integers(0, 48), st.integers(1, 5))
def test_what_was_due_is_what_would_have_been(
    text: str, zone: str, after: datetime, hours: int, most: int
) -> None:
    rhythm, now = cron(text, zone), after + timedelta(hours=hours)
    first = next_time(rhythm, after=after)
    every = list(takewhile(lambda one: one <= now, times(rhythm, after=after)))
    due = due_times(rhythm, first=first, now=now, most=most)
    assert (due.times, due.n_before) == (every[-most:], max(0, len(every) - most))


@given(st.integers(60, 10**6), MOMENTS, st.integers(0, 10**7), st.integers(1, 5))
def test_intervals_that_were_missed_are_counted(
    step: int, first: datetime, seconds: int, most: int
) -> None:
    now = first + timedelta(seconds=seconds)
    due = due_times(Rhythm("", step, "UTC"), first=first, now=now, most=most)
    n = seconds // step + 1
    assert len(due.times) + due.n_before == n
    assert due.times[-1] == first + timedelta(seconds=step * (n - 1))


def test_of_a_year_of_minutes_the_newest_are_found() -> None:
    now = datetime(2026, 11, 22, 6, 0, 30, tzinfo=UTC)
    due = due_times(cron("* * * * *"), first=now - timedelta(days=365), now=now, most=2)
    assert [one.minute for one in due.times] == [59, 0]
    assert due.n_before >= 9_000
