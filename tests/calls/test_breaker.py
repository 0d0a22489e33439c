"""An endpoint that fails again and again is left alone, by all workers, for a while."""

from __future__ import annotations

import pytest
import redis
from pydantic import SecretStr

from evalsite.calls import breaker, retry
from evalsite.endpoints.configure import configure
from evalsite.endpoints.models import Endpoint
from evalsite.valkey import client_url
from judges.models import Halt, ModelError
from tests.calls.counter import Counter
from tests.fake_model import FAILED, FakeModel, Fault, rate_limited
from tests.services import Services


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)


@pytest.fixture
def valkey(services: Services) -> redis.Redis:
    """The broker's own database."""
    return redis.Redis.from_url(client_url(services.broker_url))


def breaks(counter: Counter) -> Halt:
    """Ask until the batch is halted."""
    for n in range(breaker.LIMIT + 1):
        try:
            counter.ask(f"text {n}")
        except ModelError:
            continue
        except Halt as halt:
            return halt
    raise AssertionError("nothing was halted")


def cool(valkey: redis.Redis, place: Endpoint) -> None:
    """Let the time pass for which a broken endpoint is left alone."""
    assert valkey.delete(*valkey.keys(broken(place))) == 1


def broken(place: Endpoint) -> str:
    """Name what says that the endpoint is broken; its end is the credential's."""
    return f"evalsite:broken:{place.tenant_id}:{place.name}:*"


def test_ten_failures_are_enough(counter: Counter, fake: FakeModel) -> None:
    fake.say = FAILED
    halt = breaks(counter)
    assert halt.code == "endpoint_broken"
    assert "judges" in halt.reason
    assert "model_failed" in halt.reason
    assert len(fake.calls) == breaker.LIMIT <= 10


def test_a_wrong_key_breaks_it_too(counter: Counter, fake: FakeModel) -> None:
    fake.say = Fault(status=401)
    halt = breaks(counter)
    assert halt.code == "endpoint_broken"
    assert "model_refused (HTTP 401)" in halt.reason


def test_a_mended_secret_is_tried_at_once(
    counter: Counter, fake: FakeModel, place: Endpoint
) -> None:
    fake.say = Fault(status=401)
    breaks(counter)
    fake.say = "OK"
    configure(place, secret=SecretStr("the right one"))
    assert counter.ask("a")[0].text == "OK"


def test_a_broken_endpoint_is_asked_by_no_worker(counter: Counter, fake: FakeModel) -> None:
    fake.say = FAILED
    breaks(counter)
    fake.say = "OK"
    with pytest.raises(Halt):
        Counter(counter.batch).ask("another worker")
    assert len(fake.calls) == breaker.LIMIT


def test_only_failures_in_a_row_count(counter: Counter, fake: FakeModel) -> None:
    fake.say = lambda call: FAILED if len(fake.calls) % 4 else "OK"
    for n in range(8):
        counter.ask(f"text {n}")
    assert len(fake.calls) > 2 * breaker.LIMIT


def test_being_told_to_wait_is_no_failure(counter: Counter, fake: FakeModel) -> None:
    slow = rate_limited(0.01)
    fake.say = lambda call: slow if len(fake.calls) <= 2 * breaker.LIMIT else "OK"
    assert counter.ask("a")[0].text == "OK"


def test_after_a_while_one_call_tries_and_heals(
    counter: Counter, fake: FakeModel, valkey: redis.Redis, place: Endpoint
) -> None:
    fake.say = FAILED
    breaks(counter)
    cool(valkey, place)
    fake.say, fake.latency_s, before = "OK", 0.1, len(fake.calls)
    fake.most_at_once = 0
    counter.ask(*(f"text {n}" for n in range(5)))
    at = [call.at for call in fake.calls[before:]]
    assert at[1] - at[0] >= 0.1
    assert valkey.keys(f"evalsite:[bf]*:{place.tenant_id}:*") == []


def test_a_try_that_fails_opens_it_again(
    counter: Counter, fake: FakeModel, valkey: redis.Redis, place: Endpoint
) -> None:
    fake.say = FAILED
    breaks(counter)
    cool(valkey, place)
    before = len(fake.calls)
    with pytest.raises(Halt):
        counter.ask("a")
    assert len(fake.calls) == before + 1


def test_what_the_endpoint_said_is_not_kept_in_valkey(
    counter: Counter, fake: FakeModel, valkey: redis.Redis, place: Endpoint
) -> None:
    fake.say = Fault(status=500, body="you asked: a secret of the case")
    assert "secret" not in breaks(counter).reason
    [key] = valkey.keys(broken(place))
    assert valkey.get(key) == b"model_failed (HTTP 500)"
