"""A chat model with the tools of a real MCP server, over streamable HTTP on loopback."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from judges.models import Halt
from tests.fake_model import Call, fake_model
from tests.targets.asked import asked, open_loopback

pytest.importorskip("mcp", reason="the extra mcp is not installed")

ASK = {"kind": "mcp", "model": "m"}
SECRET = "s3cret-4711"


class ToolServer:
    """An MCP server with three tools; `seen` are the Authorization headers that came."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.url = ""

    def app(self) -> Any:
        """Give the server as an ASGI application that notes who came."""
        from mcp.server import MCPServer

        server = MCPServer("tests")

        @server.tool()
        def add(a: int, b: int) -> dict[str, int]:
            """Add two numbers."""
            return {"sum": a + b}

        @server.tool()
        def shout(text: str) -> str:
            """Say it louder."""
            return text.upper()

        @server.tool()
        def fall() -> str:
            """Fail."""
            raise RuntimeError("no way")

        inner = server.streamable_http_app()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            headers = dict(scope.get("headers") or ())
            if scope["type"] == "http":
                self.seen.append(headers.get(b"authorization", b"").decode())
            await inner(scope, receive, send)

        return app


@pytest.fixture(scope="module")
def tool_server() -> Iterator[ToolServer]:
    """The server, running in a thread."""
    import uvicorn

    made = ToolServer()
    config = uvicorn.Config(made.app(), log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield made
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def _loopback(knobs: Callable[..., None]) -> None:
    open_loopback(knobs)


def calls(*wanted: tuple[str, Any]) -> Callable[[Call], Any]:
    """A model that makes one call a round, and then says what it got last."""

    def say(call: Call) -> Any:
        done = [m for m in call.body["messages"] if m["role"] == "tool"]
        if len(done) == len(wanted):
            return f"it is {done[-1]['content']}"
        name, arguments = wanted[len(done)]
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        function = {"name": name, "arguments": text}
        return {
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": function}],
        }

    return say


def run(server: ToolServer, *wanted: tuple[str, Any], secret: str = "", **connection: Any) -> Any:
    """Ask; answers the reply and what the model was asked."""
    with fake_model(calls(*wanted)) as fake:
        reply = asked(
            {**ASK, **connection},
            {"query": "q"},
            url=server.url,
            model_url=fake.base_url,
            pack="nl2api",
            secret=secret,
        )
    return reply, fake.calls


def test_calls_are_executed_and_recorded(tool_server: ToolServer) -> None:
    reply, asked_for = run(tool_server, ("add", {"a": 1, "b": 2}), ("shout", {"text": "hi"}))
    assert reply.error == ""
    assert [call["result"] for call in reply.output["calls"]] == [{"sum": 3}, {"result": "HI"}]
    assert reply.output["response"] == {"result": "HI"}
    assert reply.output["answer"] == 'it is {"result": "HI"}'
    assert len(asked_for) == 3


def test_the_servers_tools_are_offered(tool_server: ToolServer) -> None:
    _, asked_for = run(tool_server)
    offered = {tool["function"]["name"]: tool["function"] for tool in asked_for[0].body["tools"]}
    assert set(offered) == {"add", "shout", "fall"}
    assert set(offered["add"]["parameters"]["properties"]) == {"a", "b"}


def test_only_the_tools_named_are_offered(tool_server: ToolServer) -> None:
    _, asked_for = run(tool_server, tools=["add"])
    assert [tool["function"]["name"] for tool in asked_for[0].body["tools"]] == ["add"]


def test_a_tool_that_is_not_there_is_an_error(tool_server: ToolServer) -> None:
    assert run(tool_server, tools=["sing"])[0].error.startswith("target_tool_missing")


@pytest.mark.parametrize("wanted", [("fall", {}), ("add", {"a": "x"}), ("add", "[1"), ("sing", {})])
def test_a_call_that_fails_is_told_to_the_model(
    tool_server: ToolServer, wanted: tuple[str, Any]
) -> None:
    reply, _ = run(tool_server, wanted)
    assert reply.error == ""
    assert reply.output["calls"][0]["error"] is True
    assert "response" not in reply.output


def test_a_tool_that_was_not_offered_is_not_called(tool_server: ToolServer) -> None:
    reply, _ = run(tool_server, ("shout", {"text": "hi"}), tools=["add"])
    assert reply.output["calls"][0]["result"] == "there is no such tool"


def test_rounds_are_counted(tool_server: ToolServer) -> None:
    reply, asked_for = run(tool_server, *[("add", {"a": 1, "b": 1})] * 9, rounds=2)
    assert (len(asked_for), len(reply.output["calls"])) == (2, 2)
    assert reply.tokens_out is not None


def test_the_secret_goes_to_the_server_and_not_to_the_model(tool_server: ToolServer) -> None:
    tool_server.seen.clear()
    _, asked_for = run(tool_server, secret=SECRET)
    assert set(tool_server.seen) == {f"Bearer {SECRET}"}
    assert all(SECRET not in str(call) for call in asked_for)


def test_a_server_that_is_not_there_is_an_error() -> None:
    gone = ToolServer()
    gone.url = "http://127.0.0.1:1/mcp"
    error = run(gone)[0].error
    assert error.startswith("target_unreachable")
    assert "127.0.0.1:1" in error


def test_a_halt_comes_through(tool_server: ToolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def halting(*_: Any) -> None:
        raise Halt("money_cap", "no more")

    monkeypatch.setattr("judges.models.chat", halting)
    with pytest.raises(Halt):
        run(tool_server)
