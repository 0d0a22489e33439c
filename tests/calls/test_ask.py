"""Questions on their way to an endpoint: answered, counted, remembered, or halted."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError

from evalsite.batches.models import Batch
from evalsite.calls import ask, remember, retry
from evalsite.calls import place as places
from evalsite.calls.ask import Asker
from evalsite.calls.interrupt import Interrupted
from evalsite.calls.models import Reply
from evalsite.endpoints.models import Endpoint
from judges import fence
from judges.models import EmbedRequest, Halt, ModelError
from tests.calls.counter import Counter, question
from tests.factories import make_batch
from tests.fake_model import FAILED, RESET, FakeModel, Fault, rate_limited
from tests.model_rows import make_price


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)


def books(batch: Batch) -> dict[str, Any]:
    names = ("spent_usd", "booked_usd", "n_calls", "n_unpriced", "n_cached")
    return dict(Batch.objects.values(*names).get(pk=batch.pk))


def first(n: int, fault: Fault) -> Any:
    """Fail so many times, then answer."""
    left = [fault] * n
    return lambda call: left.pop() if left else "OK"


def test_a_question_is_answered_by_the_default_endpoint(counter: Counter, fake: FakeModel) -> None:
    (reply,) = counter.ask("2 + 2?")
    assert reply.text == "OK"
    assert fake.calls[0].body["model"] == reply.usage.model == "m"
    assert fake.calls[0].body["max_tokens"] == 10


def test_a_known_price_is_counted(counter: Counter) -> None:
    make_price(model="m", usd_in=100_000, usd_out=500_000)
    (reply,) = counter.ask("three words here")
    assert reply.usage.cost_usd == 0.8
    assert books(counter.batch)["spent_usd"] == Decimal("0.8")
    assert books(counter.batch)["n_calls"] == 1


def test_an_unknown_price_is_no_zero(counter: Counter) -> None:
    (reply,) = counter.ask("a")
    assert reply.usage.cost_usd is None
    assert (books(counter.batch)["n_calls"], books(counter.batch)["n_unpriced"]) == (1, 1)


def test_what_is_known_is_not_asked_again(counter: Counter, fake: FakeModel) -> None:
    counter.ask("a")
    (again,) = counter.ask("a")
    assert len(fake.calls) == 1
    assert (again.text, again.usage.cached, again.usage.cost_usd) == ("OK", True, 0)
    assert (again.usage.tokens_in, again.usage.tokens_out) == (1, 1)
    assert books(counter.batch)["n_cached"] == 1


@pytest.mark.parametrize("field", ["base_url", "default_model"])
def test_another_endpoint_or_model_is_asked_anew(
    field: str, counter: Counter, fake: FakeModel, place: Endpoint
) -> None:
    counter.ask("a")
    other = {"base_url": f"{fake.base_url}/", "default_model": "n"}
    Endpoint.objects.filter(pk=place.pk).update(**{field: other[field]})
    counter.ask("a")
    assert len(fake.calls) == 2


def test_a_repetition_is_asked_anew(counter: Counter, fake: FakeModel) -> None:
    counter.ask("a")
    counter.ask("a", repetition=1)
    assert len(fake.calls) == 2
    assert Reply.objects.count() == 2


def test_without_the_cache_it_is_asked_anew_and_the_new_reply_kept(
    counter: Counter, fake: FakeModel
) -> None:
    counter.ask("a")
    fake.say = "better"
    Counter(counter.batch, look=False).ask("a")
    assert Reply.objects.get().text == "better"


def test_a_request_without_a_key_is_never_kept(counter: Counter) -> None:
    async def main(asker: ask.Asker) -> None:
        await asker.chat(replace(question("a"), key=""))

    counter.run(main)
    assert not Reply.objects.exists()


@pytest.mark.parametrize("fault", [Fault(status=400), Fault(body="{}"), Fault(body="no json")])
def test_an_error_is_never_kept(fault: Fault, counter: Counter, fake: FakeModel) -> None:
    fake.say = fault
    with pytest.raises(ModelError):
        counter.ask("a")
    assert not Reply.objects.exists()
    fake.say = "OK"
    assert counter.ask("a")[0].text == "OK"


def test_a_reply_that_cannot_be_stored_is_given_but_not_kept(
    counter: Counter, fake: FakeModel
) -> None:
    fake.say = "a NUL: \0"
    assert counter.ask("a")[0].text == "a NUL: \0"
    assert not Reply.objects.exists()


def test_an_emoji_is_kept(counter: Counter, fake: FakeModel) -> None:
    fake.say = "fine 😀"
    counter.ask("a")
    assert Reply.objects.get().text == "fine 😀"


@pytest.mark.parametrize("fault", [FAILED, RESET])
def test_a_passing_fault_is_tried_again(fault: Fault, counter: Counter, fake: FakeModel) -> None:
    fake.say = first(4, fault)
    assert counter.ask("a")[0].text == "OK"
    assert len(fake.calls) == 5


def test_five_tries_are_enough(counter: Counter, fake: FakeModel) -> None:
    fake.say = FAILED
    with pytest.raises(ModelError, match="model_failed"):
        counter.ask("a")
    assert len(fake.calls) == retry.ATTEMPTS == 5


def test_a_refusal_is_not_tried_again(counter: Counter, fake: FakeModel) -> None:
    fake.say = Fault(status=404)
    with pytest.raises(ModelError, match="model_refused"):
        counter.ask("a")
    assert len(fake.calls) == 1


def test_a_timeout_is_kept_on_every_call(
    counter: Counter, fake: FakeModel, place: Endpoint
) -> None:
    Endpoint.objects.filter(pk=place.pk).update(timeout_s=0.1)
    fake.say = first(1, Fault(wait_s=1))
    assert counter.ask("a")[0].text == "OK"


def test_a_429_halts_what_wants_too_much_patience(counter: Counter, fake: FakeModel) -> None:
    fake.say = rate_limited(3600)
    with pytest.raises(Halt) as halted:
        counter.ask("a")
    assert halted.value.code == "endpoint_rate_limited"


def test_who_would_wait_too_long_is_halted_at_once(counter: Counter, fake: FakeModel) -> None:
    fake.say = rate_limited(3600)
    with pytest.raises(Halt):
        counter.ask("a")
    with pytest.raises(Halt, match="3600 s of patience"):
        Counter(counter.batch).ask("another worker")
    assert len(fake.calls) == 1


@pytest.mark.parametrize("name", ["", "nobody"])
def test_an_endpoint_that_is_not_there_halts(name: str, fake: FakeModel, batch: Batch) -> None:
    Endpoint.objects.update(is_default=False)

    async def main(asker: ask.Asker) -> None:
        await asker.chat(replace(question("a"), endpoint=name))

    with pytest.raises(Halt) as halted:
        Counter(batch).run(main)
    assert halted.value.code == "endpoint_unknown"


def test_an_endpoint_that_may_not_be_called_halts(counter: Counter, knobs: Any) -> None:
    knobs(outbound_allow="[]")
    with pytest.raises(Halt) as halted:
        counter.ask("a")
    assert halted.value.code == "endpoint_blocked"


def test_an_endpoint_of_another_kind_halts(counter: Counter) -> None:
    Endpoint.objects.update(kind="http")
    with pytest.raises(Halt) as halted:
        counter.ask("a")
    assert halted.value.code == places.EndpointNotChat.code


def test_a_fault_of_the_database_is_no_verdict(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr("evalsite.calls.memory.recall", away)
    with pytest.raises(Interrupted) as interrupted:
        counter.ask("a")
    assert isinstance(interrupted.value.__cause__, DatabaseError)


def test_a_broker_that_is_away_is_no_verdict(counter: Counter, settings: Any) -> None:
    settings.VALKEY_URL = "redis+socket:///nowhere/at/all?virtual_host=0"
    with pytest.raises(Interrupted):
        counter.ask("a")


def test_no_more_calls_are_out_than_the_endpoint_takes(
    counter: Counter, fake: FakeModel, place: Endpoint
) -> None:
    Endpoint.objects.filter(pk=place.pk).update(parallel=3)
    fake.latency_s = 0.02
    counter.ask(*(f"text {n}" for n in range(12)))
    assert fake.most_at_once == 3


def test_a_mock_costs_nothing_and_asks_nobody(counter: Counter, fake: FakeModel) -> None:
    async def main(asker: ask.Asker) -> Any:
        return await asker.chat(replace(question("a"), endpoint="mock"))

    reply = counter.run(main)
    assert (reply.usage.cost_usd, fake.calls) == (0, [])


def test_embeddings_are_asked_for(counter: Counter, fake: FakeModel) -> None:
    async def main(asker: ask.Asker) -> Any:
        return await asker.embed(EmbedRequest(model="e", texts=["a", "b"]))

    assert len(counter.run(main).vectors) == 2
    assert fake.calls[0].path.endswith("/embeddings")


def test_the_secret_goes_to_the_endpoint_and_nowhere_else(
    batch: Batch, fake: FakeModel, place: Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    from pydantic import SecretStr

    from evalsite.endpoints.seal import seal

    secret = "sk-canary-0123456789"
    place.sealed_secret = seal(place, SecretStr(secret))
    place.save()
    fake.say = lambda call: Fault(status=400, body=f"bad key {call.headers['Authorization']}")
    with pytest.raises(ModelError) as refused:
        Counter(batch).ask("a")
    assert fake.calls[0].headers["Authorization"] == f"Bearer {secret}"
    assert secret not in repr(refused.value) + str(refused.value)
    assert secret not in "".join(capfd.readouterr())


def test_keys_differ_by_all_that_matters() -> None:
    def key(**changed: Any) -> str:
        given: dict[str, Any] = {"base_url": "u", "model": "m", "repetition": 0, **changed}
        parameters = given.pop("max_tokens", 10)
        return remember.reply_key(question("a", max_tokens=parameters), **given)

    variants: list[dict[str, Any]] = [
        {},
        {"base_url": "v"},
        {"model": "n"},
        {"repetition": 1},
        {"max_tokens": 11},
    ]
    assert len({key(**variant) for variant in variants}) == len(variants)


def test_replies_of_another_tenant_are_not_known(
    counter: Counter, fake: FakeModel, globex: Any
) -> None:
    from evalsite.tenants.scope import tenant
    from tests.model_rows import make_endpoint

    counter.ask("a")
    with tenant(globex.pk):
        make_endpoint(base_url=fake.base_url, is_default=True, default_model="m")
        Counter(make_batch()).ask("a")
    assert len(fake.calls) == 2


def test_many_at_once_make_few_lookups(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def counted(keys: list[str]) -> list[Any]:
        looked.append(len(keys))
        return remember.recall(keys)

    monkeypatch.setattr("evalsite.calls.memory.recall", counted)
    counter.ask(*(f"text {n}" for n in range(40)))
    assert sum(looked) == 40
    assert len(looked) <= 4


def test_marks_are_the_same_in_every_process(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def seal_inside(asker: Asker) -> str:
        return fence.seal()

    before = counter.run(seal_inside)
    monkeypatch.setattr(fence, "_secret", ContextVar("secret", default=b"of another process"))
    assert counter.run(seal_inside) == before != fence.seal()
