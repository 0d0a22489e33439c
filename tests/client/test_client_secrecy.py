"""The key is in one header, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest

from evalsite.env import ROOT
from evalsite_client import AsyncClient, Client, ClientError
from evalsite_client.errors import KeyMissing
from tests.client.conftest import KEY, QUICK
from tests.client.fake_server import FakeServer, Reply, Respond, in_turn, problem

Connect = Callable[[Respond], tuple[Client, FakeServer]]
Serve = Callable[[Respond], FakeServer]
_PROBE = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in "django evalsite packs judges rest_framework celery".split():
            raise ImportError(name)
sys.meta_path.insert(0, Wall())
import importlib, pkgutil, evalsite_client
for found in pkgutil.walk_packages(evalsite_client.__path__, "evalsite_client."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
"""


@pytest.mark.parametrize("reply", [Reply(drop=True), problem(401), Reply(body=b"no JSON")])
def test_no_error_holds_the_key(connect: Connect, reply: Reply) -> None:
    client, fake = connect(in_turn(reply))
    with pytest.raises(ClientError) as caught:
        client.suites.get("x")
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    seen = "".join(told.format()) + repr(caught.value.__dict__) + repr(client)
    assert fake.asked[0].headers["authorization"].endswith(KEY)
    assert KEY not in seen
    assert KEY.encode() not in pickle.dumps(caught.value)


def test_no_error_of_the_async_client_holds_the_key(serve: Serve) -> None:
    fake = serve(in_turn(Reply(drop=True)))

    async def fail() -> None:
        async with AsyncClient(fake.url, api_key=KEY, retries=QUICK) as client:
            await client.suites.get("x")

    with pytest.raises(ClientError) as caught:
        asyncio.run(fail())
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(told.format())


def test_no_log_holds_the_key(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    client, _ = connect(in_turn(Reply(body={"results": []})))
    with caplog.at_level(logging.DEBUG):
        assert not [*client.suites.list()]
    assert "suites" in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize("odd", ["evs_clé", "evs_k3y\nInjected: yes", "evs_Two words"])
def test_an_odd_key_is_refused_before_anything_shows_it(odd: str) -> None:
    with pytest.raises(KeyMissing) as caught:
        Client("http://127.0.0.1:9", api_key=odd)
    assert odd.split()[0] not in "".join(traceback.format_exception(caught.value))


def test_a_redirect_does_not_take_the_key_along(connect: Connect, serve: Serve) -> None:
    other = serve(in_turn(Reply()))
    client, _ = connect(in_turn(Reply(307, headers={"Location": other.url})))
    with pytest.raises(ClientError, match="http_307"):
        client.suites.get("x")
    assert not other.asked


def test_a_secret_that_is_answered_is_not_shown(connect: Connect) -> None:
    client, _ = connect(in_turn(Reply(201, {"id": "k", "token": "evs_secret"})))
    issued = client.rows("keys").create(name="ci", role="viewer", scopes=["cases:read"])
    assert "evs_secret" not in repr(issued)
    assert issued.token is not None
    assert issued.token.get_secret_value() == "evs_secret"


def test_the_client_needs_nothing_of_the_server() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE],
        cwd=ROOT / "evalsite" / "client",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
