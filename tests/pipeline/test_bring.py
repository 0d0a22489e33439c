"""Whom a command brings for its batch: a fork, a crew, or a crew after a fork."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from evalsite.batches.models import Batch
from evalsite.pipeline import bring
from evalsite.pipeline.models import OutboxMessage
from evalsite.pipeline.score_apart import is_fit
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import launched, told

CPU: dict[str, Any] = {"pack": "exact"}


class Told:
    """A fork that ends as it is told."""

    def __init__(self, code: int | None) -> None:
        self.code = code
        self.orders: list[str] = []

    def order(self, text: str) -> None:
        self.orders.append(text)

    def ended(self) -> int | None:
        return self.code


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answer the crews that came."""
    came: list[str] = []

    @contextmanager
    def crew() -> Iterator[Callable[[], None]]:
        came.append("crew")
        yield lambda: None

    monkeypatch.setattr("evalsite.pipeline.crew.crew", crew)
    return came


def handed(code: int | None) -> tuple[bring.Hands, Any]:
    hands, fork = bring.Hands(ExitStack()), Told(code)
    hands._fork = fork  # type: ignore[assignment]
    return hands, fork


def test_a_tiny_batch_is_ordered_of_the_fork(as_acme: Tenant, crews: list[str]) -> None:
    hands, fork = handed(None)
    batch, _ = hands.begin(lambda: (launched([{"answer": "4"}], **CPU), None))
    hands.check()
    assert (fork.orders, crews) == ([str(batch.pk)], [])
    assert not OutboxMessage.objects.exists()


def test_one_for_other_lanes_is_given_to_a_crew(as_acme: Tenant, crews: list[str]) -> None:
    hands, fork = handed(None)
    hands.begin(lambda: (launched([told("passed")]), None))
    assert (fork.orders, crews) == ([], ["crew"])
    assert OutboxMessage.objects.get().task == "pipeline.dispatch"


@pytest.mark.parametrize(("code", "came"), [(None, []), (0, []), (1, ["crew"]), (-9, ["crew"])])
def test_a_crew_comes_once_the_fork_is_lost(
    code: int | None, came: list[str], as_acme: Tenant, crews: list[str]
) -> None:
    hands, _ = handed(code)
    hands.begin(lambda: (launched([{"answer": "4"}], **CPU), None))
    hands.check()
    hands.check()
    assert crews == came


def test_a_fork_that_takes_long_gets_a_crew_beside(
    as_acme: Tenant, crews: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bring, "PATIENCE_S", 0)
    hands, _ = handed(None)
    hands.begin(lambda: (launched([{"answer": "4"}], **CPU), None))
    hands.check()
    assert crews == ["crew"]


@pytest.mark.parametrize(("times", "fits"), [(100, True), (101, False)])
def test_repetitions_count(times: int, fits: bool, as_acme: Tenant) -> None:
    batch: Batch = launched([{"answer": "4"}], repetitions=times, **CPU)
    assert is_fit(batch) is fits
