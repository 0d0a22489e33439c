"""Live runs over endpoints: a chat model, a service, a tool server; and their secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch, Step
from evalsite.endpoints.configure import configure
from evalsite.endpoints.models import Endpoint
from evalsite.pipeline import launch
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Output, Run
from evalsite.targets.open import open_run
from evalsite.tenants.models import Tenant
from evalsite.valkey import client_url
from tests.fake_model import FakeModel, Fault, fake_model
from tests.model_rows import make_price
from tests.pipeline.bench import deliver_all, deliver_chunks, statuses
from tests.pipeline.test_live_run import start, suite_of
from tests.services import Services
from tests.targets.service import GOOD, Service, serving

SECRET = "sk-canary-0123456789"
ASK = {
    "kind": "http",
    "endpoint": "bot",
    "body": {"q": "{{input.question}}"},
    "output": {"answer": "$.data.answer"},
}


@pytest.fixture
def fake(as_acme: Tenant, knobs: Callable[..., None]) -> Iterator[FakeModel]:
    """A chat model that repeats its question, at the default endpoint, behind a secret."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    with fake_model(lambda call: call.prompt) as running:
        place = Endpoint(name="main", base_url=running.base_url, is_default=True)
        place.default_model = "m"
        configure(place, secret=SecretStr(SECRET))
        yield running


@pytest.fixture
def service(as_acme: Tenant, knobs: Callable[..., None]) -> Iterator[Service]:
    """A service that answers 4."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    with serving(Service()) as running:
        place = Endpoint(name="bot", kind="http", base_url=running.url)
        configure(place, secret=SecretStr(SECRET))
        yield running


def chat_run() -> Run:
    return open_run(name="live", connection={"kind": "chat"})


def http_run() -> Run:
    return open_run(name="live", connection=ASK)


def paused(batch: Batch) -> str:
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert batch.state == "paused"
    return batch.paused_code


def test_a_chat_model_is_asked_and_judged(fake: FakeModel) -> None:
    batch = deliver_all(start(chat_run(), suite_of("a", "b")))
    assert set(statuses(batch).values()) == {"passed"}
    assert sorted(call.prompt for call in fake.calls) == ["a", "b"]
    card = Scorecard.objects.filter(batch=batch)[0]
    assert (card.tokens_in, card.tokens_out, card.cost_usd) == (1, 1, None)
    assert batch.n_calls == 2


def test_the_mock_model_needs_no_endpoint(as_acme: Tenant) -> None:
    run = open_run(name="live", connection={"kind": "chat", "endpoint": "mock", "model": "mock"})
    batch = deliver_all(start(run, suite_of("a")))
    assert batch.state == "finished"
    assert Output.objects.get().answer


def test_a_price_makes_the_cost_known(fake: FakeModel) -> None:
    make_price(model="m", usd_in=500_000, usd_out=250_000)
    batch = deliver_all(start(chat_run(), suite_of("a")))
    assert Output.objects.get().cost_usd == 0.75
    assert batch.spent_usd == Decimal("0.75")


def test_scoring_again_asks_no_model(fake: FakeModel) -> None:
    suite, run = suite_of("a"), chat_run()
    deliver_all(start(run, suite))
    deliver_all(start(run, suite))
    assert len(fake.calls) == 1


def test_the_secret_is_read_once_a_batch_on_the_trail(fake: FakeModel) -> None:
    deliver_all(start(chat_run(), suite_of(*"abcdefghijklmnopqrstuvwxyz")))
    assert Step.objects.get(number=0).n_chunks > 1
    read = Entry.objects.get(action="endpoint.secret_read")
    assert read.subject == "main"
    assert fake.calls[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_model_that_refuses_is_the_cases_error(fake: FakeModel) -> None:
    fake.say = Fault(status=400, body=f"no such model, key {SECRET}")
    batch = deliver_all(start(chat_run(), suite_of("a")))
    assert list(statuses(batch).values()) == ["errored"]
    error = Output.objects.get().error
    assert error.startswith("model_refused: ")
    assert "***" in error


def test_a_money_cap_pauses_a_live_run(fake: FakeModel) -> None:
    batch = start(chat_run(), suite_of("a"), max_cost_usd=1)
    assert paused(batch) == "price_unknown"
    assert fake.calls == []


def test_a_service_is_asked_and_judged(service: Service) -> None:
    batch = deliver_all(start(http_run(), suite_of("4", "5")))
    assert sorted(statuses(batch).values()) == ["failed", "passed"]
    assert {json.loads(body)["q"] for *_, body in service.got} == {"4", "5"}
    assert all(got[2]["Authorization"] == f"Bearer {SECRET}" for got in service.got)


def test_a_service_that_wants_patience_is_given_it(service: Service) -> None:
    service.answers = [(429, b"slow down")]
    batch = deliver_all(start(http_run(), suite_of("4")))
    assert (list(statuses(batch).values()), len(service.got)) == (["passed"], 2)


def test_a_failing_service_is_not_asked_twice_for_one_case(service: Service) -> None:
    service.answer = (500, b"oops")
    batch = deliver_all(start(http_run(), suite_of("4")))
    assert (list(statuses(batch).values()), len(service.got)) == (["errored"], 1)
    assert Output.objects.get().error == "target_failed: The target answered 500: oops"


def test_a_broken_service_pauses_the_batch_which_goes_on_later(
    service: Service, services: Services
) -> None:
    Endpoint.objects.update(parallel=1)
    service.answer = (500, b"oops")
    batch = start(http_run(), suite_of(*"abcdefghijkl"))
    assert paused(batch) == "endpoint_broken"
    assert len(service.got) < 12
    service.answer = GOOD
    forget_failures(services)
    launch.resume(batch.pk)
    batch = deliver_all(batch)
    assert batch.state == "finished"
    assert len(service.got) == 12


def forget_failures(services: Services) -> None:
    """Let the time be over in which nobody asks the endpoint."""
    redis.Redis.from_url(client_url(services.broker_url)).flushdb()


def test_a_place_without_a_field_is_that_cases_error_only(service: Service) -> None:
    run = open_run(name="live", connection={**ASK, "path": "/{{input.id}}"})
    batch = deliver_all(start(run, suite_of("4")))
    assert (batch.state, service.got) == ("finished", [])
    assert Output.objects.get().error == "target_reply_invalid: there is no $.id"


def test_a_service_behind_a_forbidden_address_pauses_the_batch(
    service: Service, knobs: Callable[..., None]
) -> None:
    run, suite = http_run(), suite_of("4")
    knobs(outbound_allow="[]")
    assert paused(start(run, suite)) == "endpoint_blocked"
    assert service.got == []


def test_each_visit_waits_for_the_endpoints_limits(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []

    async def wait(_: Any, place: Any, *, model: str, tokens: int) -> None:
        waited.append(place.name)

    monkeypatch.setattr("evalsite.calls.limit.Limits.wait", wait)
    deliver_all(start(http_run(), suite_of("4", "5")))
    assert waited == ["bot", "bot"]
