"""What the doctor says of a broker that is away, forgetful or full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from evalsite.celery import app
from evalsite.doctor import broker
from evalsite.pipeline.ask_broker import BrokerAway, ask_broker
from tests.doctor.conftest import Codes


@pytest.fixture
def client(db: None, valkey: Any) -> Iterator[Any]:
    """The broker's own client; its settings are as before after the test."""
    before = {name: valkey.config_get(name)[name] for name in ("maxmemory-policy", "maxmemory")}
    yield valkey
    for name, value in before.items():
        valkey.config_set(name, value)


def test_a_broker_that_is_well(codes: Codes) -> None:
    for ask in (broker.reach, broker.options, broker.queues):
        assert codes(ask) == {"ok"}, ask


def test_a_broker_that_is_away(no_broker: None, codes: Codes) -> None:
    (found,) = broker.reach()
    assert found.code == "broker_unreachable"
    assert found.fix
    with pytest.raises(BrokerAway):
        ask_broker()


def test_a_broker_that_is_too_old(codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "OLDEST", {"valkey": (99, 0)})
    assert codes(broker.reach) == {"broker_old"}


def test_a_cache_is_no_broker(client: Any, codes: Codes) -> None:
    client.config_set("maxmemory-policy", "allkeys-lru")
    (found,) = broker.options()
    assert found.code == "broker_evicts"
    assert "noeviction" in found.fix


def test_a_broker_that_is_full(client: Any, codes: Codes) -> None:
    client.config_set("maxmemory", str(client.info()["used_memory"]))
    assert codes(broker.options) == {"broker_full"}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"aof_enabled": 0}, "broker_forgets"),
        ({"aof_last_write_status": "err"}, "broker_cannot_save"),
        ({"role": "slave"}, "broker_replica"),
    ],
)
def test_what_a_broker_may_say_of_itself(told: dict[str, Any], code: str) -> None:
    well = {"maxmemory_policy": "noeviction", "aof_enabled": 1, "role": "master"}
    assert not [*broker._faults_of_redis(well)]
    assert [one.code for one in broker._faults_of_redis({**well, **told})] == [code]


def test_a_message_that_comes_again_too_soon(codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf.broker_transport_options, "visibility_timeout", 300)
    assert codes(broker.options) == {"visibility_short"}


@pytest.mark.parametrize(("port", "code"), [(None, "ok"), (1, "valkey_unreachable")])
def test_a_server_of_chords_and_limits_of_its_own(
    port: int | None, code: str, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"redis://127.0.0.1:{port}/0" if port else f"{settings.BROKER_URL}&socket_timeout=5"
    monkeypatch.setattr(settings, "VALKEY_URL", own)
    assert codes(broker.valkey) == {code}


def test_a_queue_that_grows(client: Any, codes: Codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_MANY", 2)
    client.lpush("sandbox", "a", "b", "c")
    try:
        assert codes(broker.queues) == {"ok", "queue_long"}
    finally:
        client.delete("sandbox")


def test_a_message_that_nobody_gives_back(
    client: Any, codes: Codes, knobs: Callable[..., None]
) -> None:
    client.zadd("unacked_index", {"tag": 1})
    client.hset("unacked", "tag", "message")
    try:
        assert ask_broker().unacked == 1
        assert codes(broker.queues) == {"unacked_old"}
    finally:
        client.delete("unacked", "unacked_index")
