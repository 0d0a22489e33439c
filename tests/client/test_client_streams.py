"""Rows go up and come down in flat memory, and again where a connection is lost."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from evalsite_client import AsyncClient, Client
from evalsite_client.errors import Unreachable
from evalsite_client.spool import spool
from tests.client.conftest import KEY, QUICK
from tests.client.fake_server import Asked, FakeServer, Reply, Respond, in_turn, problem

Connect = Callable[[Respond], tuple[Client, FakeServer]]
Serve = Callable[[Respond], FakeServer]
RECORDED = Reply(body={"new": 3, "changed": 0, "unchanged": 0, "lost": []})


def _rows(n: int) -> Iterator[dict[str, Any]]:
    return ({"key": f"case-{i}", "answer": {"answer": "ü" * 200}} for i in range(n))


def test_a_generator_is_sent_as_lines(connect: Connect) -> None:
    client, fake = connect(in_turn(RECORDED))
    assert client.runs.record(_rows(3), run="r", suite="s").new == 3
    (asked,) = fake.asked
    assert [json.loads(line)["key"] for line in asked.body.splitlines()] == [
        f"case-{i}" for i in range(3)
    ]
    assert asked.params == {"suite": "s"}
    assert asked.headers["content-type"] == "application/x-ndjson"


def test_a_generator_is_sent_again_whole(connect: Connect) -> None:
    client, fake = connect(in_turn(Reply(drop=True), RECORDED))
    client.runs.record(_rows(3_000), run="r", suite="s")
    first, second = fake.asked
    assert len(second.body.splitlines()) == 3_000
    assert first.body == second.body


def test_memory_stays_flat_however_many_rows() -> None:
    tracemalloc.start()
    with spool(_rows(40_000)) as lines:
        sent = sum(len(block) for block in lines.blocks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent == lines.length > 16 * 2**20
    assert peak < 3 * 2**20


@pytest.mark.parametrize("bad", [float("nan"), object()])
def test_what_is_no_json_is_not_sent(connect: Connect, bad: object) -> None:
    client, fake = connect(in_turn(RECORDED))
    with pytest.raises((TypeError, ValueError)):
        client.runs.record([{"key": "a", "answer": bad}], run="r", suite="s")
    assert not fake.asked


def test_lines_come_as_a_stream(connect: Connect) -> None:
    lines = b'{"key": "a"}\n\n{"key": "b", "input": 2}\n'
    client, fake = connect(in_turn(problem(503), Reply(body=lines)))
    assert [case.key for case in client.cases.export("s")] == ["a", "b"]
    assert "application/x-ndjson" in fake.asked[1].headers["accept"]

    async def read() -> list[str]:
        async with AsyncClient(fake.url, api_key=KEY, retries=QUICK) as other:
            return [case.key async for case in other.cases.export("s")]

    assert asyncio.run(read()) == ["a", "b"]


def test_a_stream_that_breaks_off_is_not_begun_again(connect: Connect) -> None:
    cut = Reply(body=b'{"key": "a"}\n', headers={"Content-Length": "99"}, drop_after=True)
    client, fake = connect(in_turn(cut))
    rows = client.cases.export("s")
    assert next(rows).key == "a"
    with pytest.raises(Unreachable):
        next(rows)
    assert len(fake.asked) == 1


def test_the_async_client_does_the_same(serve: Serve) -> None:
    fake = serve(_suites_and_outputs)

    async def work() -> tuple[list[str], int]:
        async with AsyncClient(fake.url, api_key=KEY, retries=QUICK) as client:
            names = [suite.name async for suite in client.suites.list()]
            done = await asyncio.gather(
                client.runs.record(_rows(2), run="r", suite="s"),
                client.runs.record(_async_rows(3), run="r", suite="s"),
            )
            return names, sum(recorded.n for recorded in done)

    assert asyncio.run(work()) == (["one", "two"], 6)
    assert sorted(len(one.body.splitlines()) for one in fake.asked[2:]) == [2, 3]


async def _async_rows(n: int) -> AsyncIterator[dict[str, Any]]:
    for row in _rows(n):
        await asyncio.sleep(0)
        yield row


def _suites_and_outputs(asked: Asked) -> Reply:
    if asked.method == "POST":
        return RECORDED
    name, follows = ("two", None) if "cursor" in asked.params else ("one", "/suites?cursor=c2")
    suite = {"id": str(uuid4()), "name": name, "pack": "exact", "version": 1}
    return Reply(body={"results": [suite], "next": follows})
