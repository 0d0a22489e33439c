"""Whose chunk is next, for given counts: no clock, no database."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.batches.share import Line, Share, share

START = datetime(2026, 1, 1, tzinfo=UTC)
PLENTY = 1_000


def line(tenant: int, step: int | None = None, **fields: Any) -> Line:
    """A bulk step of a tenant with plenty to send."""
    number = tenant if step is None else step
    usual = {
        "tenant_id": UUID(int=tenant),
        "step_id": UUID(int=100 + number),
        "lane": "cpu",
        "is_interactive": False,
        "since": START + timedelta(seconds=number),
        "seconds": 1.0,
        "in_flight": 0,
        "leased": 0,
        "waiting": PLENTY,
        "weight": 1,
        "passed": 0.0,
        "n_sent": 0,
        "clock": 0.0,
    }
    return Line(**{**usual, **fields})


def sent(*lines: Line, rounds: int, room: int = 1) -> list[int]:
    """Send so often, what was sent being done at once; answers whose steps went, in order."""
    state, order = list(lines), []
    for _ in range(rounds):
        shares = share(state, room=room, seconds=0.5)
        order += [step.int - 100 for one in shares for step in one.chunks]
        state = [_after(each, shares) for each in state]
    return order


def _after(each: Line, shares: list[Share]) -> Line:
    own = {one.tenant_id: one for one in shares}.get(each.tenant_id)
    clock = max([each.clock, *(one.started for one in shares)])
    if own is None:
        return each._replace(clock=clock)
    left = each.waiting - own.chunks.get(each.step_id, 0)
    return each._replace(clock=clock, passed=own.passed, n_sent=own.n_sent, waiting=left)


def test_tenants_take_turns() -> None:
    assert sent(line(1), line(2), line(3), rounds=6) == [1, 2, 3, 1, 2, 3]


def test_who_comes_late_is_next() -> None:
    hundred_on = line(1, passed=100.0, clock=99.0)
    assert sent(hundred_on, line(2, waiting=1, clock=99.0), rounds=2) == [2, 1]


def test_nobody_saves_up_turns_while_idle() -> None:
    order = sent(line(1, passed=100.0, clock=99.5), line(2, clock=99.5), rounds=20)
    assert Counter(order) == {1: 10, 2: 10}


def test_weights_are_shares() -> None:
    order = sent(line(1), line(2, weight=2), line(3, weight=4), rounds=70)
    assert Counter(order) == {1: 10, 2: 20, 3: 40}


def test_seconds_are_shared_not_chunks() -> None:
    order = sent(line(1, seconds=0.5), line(2, seconds=2.0), rounds=50)
    assert Counter(order) == {1: 40, 2: 10}


def test_a_step_that_was_not_measured_costs_what_a_chunk_should() -> None:
    order = sent(line(1, seconds=None), line(2, seconds=0.5), rounds=8)
    assert Counter(order) == {1: 4, 2: 4}


def test_interactive_goes_before_others_bulk() -> None:
    urgent = line(3, waiting=3, is_interactive=True)
    assert sent(line(1), line(2), urgent, rounds=5) == [3, 3, 3, 1, 2]


def test_who_calls_everything_interactive_has_no_more_in_the_end() -> None:
    order = sent(line(1), line(2, is_interactive=True), rounds=100)
    assert Counter(order)[2] <= 50 + 10  # seconds of lead


def test_interactive_goes_before_the_tenants_own_bulk() -> None:
    order = sent(line(1, 1), line(1, 2, is_interactive=True, waiting=3), rounds=4)
    assert order == [2, 2, 2, 1]


def test_bulk_does_not_starve_behind_the_tenants_interactive_work() -> None:
    order = sent(line(1, 1), line(1, 2, is_interactive=True), rounds=40)
    assert Counter(order) == {1: 10, 2: 30}


def test_the_batch_with_least_under_way_is_next_then_the_oldest() -> None:
    ahead = line(1, 1, in_flight=2)
    shares = share([ahead, line(1, 3), line(1, 2)], room=4, seconds=1)
    assert list(shares[0].chunks.items()) == [(UUID(int=102), 2), (UUID(int=103), 2)]


@pytest.mark.parametrize(("room", "waiting"), [(0, PLENTY), (-1, PLENTY), (4, 0)])
def test_without_room_or_work_nobody_gets_anything(room: int, waiting: int) -> None:
    assert share([line(1, waiting=waiting)], room=room, seconds=1) == []


@given(
    st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.floats(0.01, 5)), min_size=2),
    st.integers(1, 8),
)
def test_everything_is_sent_once_in_the_end(steps: list[Any], room: int) -> None:
    lines = [
        line(tenant, number, is_interactive=urgent, seconds=seconds, waiting=3)
        for number, (tenant, urgent, seconds) in enumerate(steps)
    ]
    shares = share(lines, room=3 * len(lines), seconds=1)
    assert sum(n for one in shares for n in one.chunks.values()) == 3 * len(lines)
    few = share(lines, room=room, seconds=1)
    assert sum(n for one in few for n in one.chunks.values()) == min(room, 3 * len(lines))
