from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from django.db import connection

from evalsite import peers
from evalsite.env import SettingsInvalid, load

RABBITMQ = "amqps://user:word@host:5671//"


@pytest.mark.parametrize("seconds", [1, 3, 10, 600])
def test_probes_begin_and_end_within_the_time(seconds: float) -> None:
    told = peers.of_database(seconds)
    probing = told["keepalives_idle"] + told["keepalives_interval"] * told["keepalives_count"]
    assert seconds <= probing <= max(1.2 * seconds, seconds + 3)
    assert told["tcp_user_timeout"] == 1000 * seconds


def test_a_socket_takes_the_options() -> None:
    options = peers.of_broker(RABBITMQ, seconds=10, hidden_seconds=600)["socket_settings"]
    with socket.socket() as one:
        for name, value in options.items():
            one.setsockopt(socket.IPPROTO_TCP, name, value)
            assert one.getsockopt(socket.IPPROTO_TCP, name) == value


@pytest.mark.django_db
def test_the_database_takes_the_options() -> None:
    options = connection.settings_dict["OPTIONS"]
    assert peers.for_server(10) in options["options"]
    assert options["tcp_user_timeout"] == 10_000


@pytest.mark.parametrize("url", ["valkey:6379", "sqs://", "amqp", "http://rabbitmq"])
def test_a_broker_of_another_kind_is_refused(url: str, knobs: Callable[..., None]) -> None:
    knobs(broker_url=url)
    with pytest.raises(SettingsInvalid, match="BROKER_URL"):
        load()


def test_a_rabbitmq_wants_a_valkey_beside_it(knobs: Callable[..., None]) -> None:
    knobs(broker_url=RABBITMQ)
    with pytest.raises(SettingsInvalid, match="needs VALKEY_URL"):
        load()
    knobs(broker_url=RABBITMQ, valkey_url="redis://host/0")
    assert load().valkey_url is not None


def test_a_rabbitmq_is_no_valkey(knobs: Callable[..., None]) -> None:
    knobs(valkey_url=RABBITMQ)
    with pytest.raises(SettingsInvalid, match="never a RabbitMQ"):
        load()
