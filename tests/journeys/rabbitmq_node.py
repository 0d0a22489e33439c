"""A RabbitMQ of the tests' own: a child process on loopback, with folders and epmd of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import amqp

from tests.client.live import free_port

# Debian's /usr/sbin/rabbitmq-server would change to the account of the machine's own node.
PROGRAM = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin")
EPMD = shutil.which("epmd")
CONFIGURED = """
listeners.tcp.1 = 127.0.0.1:{port}
log.console = true
log.console.level = warning
log.file = false
default_user = evalsite
default_pass = word
disk_free_limit.absolute = 10MB
"""


@dataclass
class Node:
    """A node that can be killed, emptied and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    epmd_port: int = field(default_factory=free_port)
    dist_port: int = field(default_factory=free_port)
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Celery's URL of it."""
        return f"amqp://evalsite:word@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start epmd and the node, and wait until it takes messages."""
        assert PROGRAM is not None
        assert EPMD is not None
        self.folder.mkdir(exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(CONFIGURED.format(port=self.port))
        (self.folder / "plugins").write_text("[].\n")
        self._start(EPMD, "-port", str(self.epmd_port), "-address", "127.0.0.1")
        self._start(PROGRAM)
        end = time.monotonic() + 90
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill -9 all of it, as a power failure would."""
        for child in self._children:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self._children.clear()

    def wipe(self) -> None:
        """Remove all that a killed node has kept: queues, messages, users."""
        shutil.rmtree(self.folder / "mnesia")

    @contextmanager
    def channel(self) -> Iterator[amqp.Channel]:
        """Open a channel to look at queues."""
        place = f"127.0.0.1:{self.port}"
        with amqp.Connection(place, userid="evalsite", password="word") as connection:
            yield connection.channel()

    def waiting(self, queue: str) -> int:
        """Count the messages of a queue that no worker holds; 0 where there is no such queue."""
        try:
            with self.channel() as channel:
                declared = channel.queue_declare(queue, passive=True)
                return int(declared[1]) if declared else 0
        except amqp.NotFound:
            return 0

    def empty(self, queue: str) -> None:
        """Throw away what waits in a queue, if there is such a queue."""
        with suppress(amqp.NotFound), self.channel() as channel:
            channel.queue_purge(queue)

    def double(self, queue: str) -> int:
        """Put a copy of each waiting message behind it; answers how many there were."""
        n = self.waiting(queue)
        with self.channel() as channel:
            messages = [channel.basic_get(queue, no_ack=True) for _ in range(n)]
            for message in filter(None, [*messages, *messages]):
                channel.basic_publish(message, exchange="", routing_key=queue)
        return n

    def _answers(self) -> bool:
        try:
            with self.channel():
                return True
        except (OSError, amqp.AMQPError):
            return False

    def _start(self, *command: str) -> None:
        with (self.folder / "log").open("ab") as log:
            self._children.append(
                subprocess.Popen(
                    command,
                    env=self._environment(),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _environment(self) -> dict[str, str]:
        here = str(self.folder)
        return {
            "PATH": os.environ["PATH"],
            "HOME": here,
            "RABBITMQ_HOME_DIR": here,
            "RABBITMQ_NODENAME": f"evalsite{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": f"{here}/mnesia",
            "RABBITMQ_LOG_BASE": here,
            "RABBITMQ_PID_FILE": f"{here}/pid",
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": f"{here}/none",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{here}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/plugins",
        }
