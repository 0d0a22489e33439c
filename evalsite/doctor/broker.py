"""Is the broker there, and set up so that it keeps what it is given?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from evalsite.celery import app
from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.doctor.place import START_EMBEDDED
from evalsite.env import TASK_SECONDS, load
from evalsite.pipeline.ask_broker import Broker, BrokerAway, ask_broker
from evalsite.valkey import client_url

# kombu uses commands that came with these.
OLDEST: Final = {"redis": (6, 2), "valkey": (7, 2), "rabbitmq": (3, 8)}
_MANY: Final = 10_000
_FULL: Final = 0.8
_PATIENCE_S: Final = 2.0


def reach() -> Iterator[Finding]:
    """Is there a broker, does it let us in, and is it new enough?"""
    try:
        found = ask_broker()
    except BrokerAway as error:
        embedded = load().broker_url is None
        fix = START_EMBEDDED if embedded else "start the server of BROKER_URL, or mend the URL"
        yield fail("broker_unreachable", error.message, fix=fix)
        return
    oldest = OLDEST.get(found.kind, (0, 0))
    if _numbers(found.version) < oldest:
        told = f"{found.kind} {found.version} is too old"
        yield fail("broker_old", told, fix=f"upgrade it to {'.'.join(map(str, oldest))} or newer")
    else:
        yield ok(f"{found.kind} {found.version} answers")


def options() -> Iterator[Finding]:
    """Does it keep every message, and hide one for longer than a task can take?"""
    found = ask_broker()
    faults = [*_faults_of_redis(found.told)] if "redis_version" in found.told else []
    visible = int(app.conf.broker_transport_options.get("visibility_timeout", 0))
    if visible and visible <= 2 * TASK_SECONDS:
        told = f"a message comes again after {visible} s, a task may take {TASK_SECONDS} s"
        fix = f"set VISIBILITY_SECONDS to more than {2 * TASK_SECONDS}"
        faults.append(fail("visibility_short", told, fix=fix))
    yield from faults or [ok(_well(found, visible))]


def valkey() -> Iterator[Finding]:
    """Does the server of chords, rates and limits answer, where it is not the broker itself?"""
    if settings.VALKEY_URL == settings.BROKER_URL:
        yield ok("the broker itself")
        return
    limits = {"socket_timeout": _PATIENCE_S, "socket_connect_timeout": _PATIENCE_S}
    try:
        with Redis.from_url(client_url(settings.VALKEY_URL), **limits) as client:
            told = client.info()
    except RedisError as error:
        lost = f"{type(error).__name__}: {error}; chords, rates and models' limits stand still"
        fix = "start the server of VALKEY_URL, or mend the URL"
        yield fail("valkey_unreachable", lost, fix=fix)
        return
    yield from [*_faults_of_redis(told)] or [ok("it answers, and keeps what it is given")]


def queues() -> Iterator[Finding]:
    """How much waits, and how long has a worker held on to what it has?"""
    found = ask_broker()
    long = [name for name, n in found.queues.items() if n > _MANY]
    told = ", ".join(f"{name} {n}" for name, n in found.queues.items())
    if long:
        fix = "python manage.py doctor   # see workers and lanes: add workers for these queues"
        yield warn("queue_long", f"{', '.join(long)}: more than {_MANY:,} wait", fix=fix)
    held = "" if found.unacked is None else f"; {found.unacked} held by workers"
    longest = found.unacked_seconds or 0
    if longest > load().visibility_seconds:
        told_held = f"a message is held for {longest:,.0f} s, and no worker gives it back"
        fix = "restart the workers: one that lives gives back what is held too long"
        yield warn("unacked_old", told_held, fix=fix)
    else:
        since = f", the oldest for {longest:.0f} s" if found.unacked else ""
        yield ok(f"waiting: {told}{held}{since}")


def _faults_of_redis(told: dict[str, Any]) -> Iterator[Finding]:
    policy = told.get("maxmemory_policy")
    if policy != "noeviction":
        dropped = f"maxmemory-policy is {policy}: when it is full it drops messages"
        yield fail("broker_evicts", dropped, fix=_set("maxmemory-policy", "noeviction"))
    if not told.get("aof_enabled"):
        lost = "appendonly is off: a restart loses each message, and it is sent again only later"
        yield warn("broker_forgets", lost, fix=_set("appendonly", "yes"))
    if told.get("aof_last_write_status", "ok") != "ok":
        fix = "free its disk: it answers writes with MISCONF until it can save"
        yield fail("broker_cannot_save", "the last write to its append-only file failed", fix=fix)
    if told.get("role") not in (None, "master"):
        yield fail("broker_replica", "it is a replica", fix="point BROKER_URL to the primary")
    used, most = told.get("used_memory", 0), told.get("maxmemory", 0)
    if most and used > _FULL * most:
        full = f"{used / most:.0%} of its maxmemory is used"
        yield warn("broker_full", full, fix="redis-cli CONFIG SET maxmemory <more>; CONFIG REWRITE")


def _set(name: str, value: str) -> str:
    return f"redis-cli CONFIG SET {name} {value} && redis-cli CONFIG REWRITE"


def _well(found: Broker, visible: int) -> str:
    kept = "noeviction, appendonly; " if "redis_version" in found.told else ""
    hidden = f"a message comes again after {visible} s" if visible else "it acknowledges"
    return f"{kept}{hidden}; the longest task takes {TASK_SECONDS} s"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
