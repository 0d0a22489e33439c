"""Faults of messages on their way: doubled, shuffled, dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from random import Random
from threading import Event, Thread
from typing import cast

import redis

from tests.crucible.scene import Scene

# How often the queues are looked at, in seconds.
EVERY_S = 0.02
DROPPED = 0.2
_SHUFFLE = """
    local all = redis.call('LRANGE', KEYS[1], 0, -1)
    math.randomseed(tonumber(ARGV[1]))
    for i = #all, 2, -1 do
        local j = math.random(i)
        all[i], all[j] = all[j], all[i]
    end
    redis.call('DEL', KEYS[1])
    for _, message in ipairs(all) do redis.call('RPUSH', KEYS[1], message) end
"""
Tamper = Callable[[redis.Redis, bytes], None]


@contextmanager
def doubled(scene: Scene, chance: Random) -> Iterator[None]:
    """Every message that is seen waiting comes a second time."""
    with _tampering(scene, partial(_double, set())):
        yield


@contextmanager
def shuffled(scene: Scene, chance: Random) -> Iterator[None]:
    """Messages come in any order."""
    with _tampering(scene, partial(_shuffle, chance)):
        yield


@contextmanager
def dropped(scene: Scene, chance: Random) -> Iterator[None]:
    """One message of five that are seen waiting never comes."""
    with _tampering(scene, partial(_drop, set(), chance)):
        yield


def _double(seen: set[bytes], broker: redis.Redis, queue: bytes) -> None:
    for message in _fresh(seen, broker, queue):
        broker.lpush(queue, message)


def _shuffle(chance: Random, broker: redis.Redis, queue: bytes) -> None:
    broker.eval(_SHUFFLE, 1, queue, chance.randrange(2**31))


def _drop(seen: set[bytes], chance: Random, broker: redis.Redis, queue: bytes) -> None:
    for message in _fresh(seen, broker, queue):
        if chance.random() < DROPPED:
            # What the stub calls text may be any bytes.
            broker.lrem(cast(str, queue), 1, cast(str, message))


def _fresh(seen: set[bytes], broker: redis.Redis, queue: bytes) -> list[bytes]:
    """Answer the messages that were not seen before, and remember them."""
    waiting = cast(list[bytes], broker.lrange(queue, 0, -1))
    fresh = [message for message in waiting if message not in seen]
    seen.update(fresh)
    return fresh


@contextmanager
def _tampering(scene: Scene, tamper: Tamper) -> Iterator[None]:
    over = Event()
    thread = Thread(target=_tamper_until, args=(over, scene.world.broker, tamper), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _tamper_until(over: Event, broker: redis.Redis, tamper: Tamper) -> None:
    while not over.wait(EVERY_S):
        # Another fault may have the broker away.
        with suppress(redis.RedisError):
            for queue in broker.scan_iter(_type="LIST"):
                if b"pidbox" not in queue:
                    tamper(broker, queue)
