"""The embedded broker: Valkey on a Unix socket, keeping every message in an append-only file."""

from __future__ import annotations

import os
import signal

from evalsite.embedded.layout import Layout
from evalsite.embedded.programs import valkey_server
from evalsite.embedded.service import PLAIN_ENVIRONMENT, Service, ask
from evalsite.embedded.spawn import Program

NAME = "valkey"


def service(layout: Layout) -> Service:
    """Describe the embedded broker of a data folder."""
    return Service(
        name=NAME,
        program="valkey-server",
        mark=str(layout.valkey_home),
        uids=(os.geteuid(),),
        log=layout.log(NAME),
        prepare=lambda: _program(layout),
        owns=lambda pid: layout.valkey_socket.exists(),
        answers=lambda: ask(layout.valkey_socket, question=b"PING\r\n", answers=(b"+PONG",)),
        stop_signals=((signal.SIGTERM, 20.0),),
    )


def _program(layout: Layout) -> Program:
    options = {
        "dir": str(layout.valkey_home),
        "port": "0",
        "unixsocket": str(layout.valkey_socket),
        "unixsocketperm": "700",
        "daemonize": "no",
        # The supervisor recognises the server by its arguments, so they must stay readable.
        "set-proc-title": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    arguments = (part for key, value in options.items() for part in (f"--{key}", value))
    return Program(
        argv=(str(valkey_server()), *arguments),
        log=layout.log(NAME),
        env=PLAIN_ENVIRONMENT,
        cwd=layout.valkey_home,
    )
