"""One look for all who wait, also where it fails when they have gone."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any

from evalsite.calls.gate import Gate

PLACE: Any = SimpleNamespace(key=lambda *parts: ":".join(parts))


class Away:
    """A broker that is away."""

    async def mget(self, _: object) -> list[str]:
        await asyncio.sleep(0.001)
        raise ConnectionError


def test_a_failed_look_that_nobody_waits_for_is_quiet() -> None:
    complaints: list[object] = []
    client: Any = Away()

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        asked = asyncio.ensure_future(Gate(client).look(PLACE, model="m"))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.sleep(0.01)

    asyncio.run(main())
    gc.collect()
    assert complaints == []
