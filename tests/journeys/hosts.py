"""Three hosts as network namespaces around a switch, with PostgreSQL and Valkey on the first.

Only root can make them. All that is made carries the prefix and the id of this process in its name,
so what a killed run has left is found and removed by the next one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis
from psycopg.conninfo import make_conninfo

from evalsite.embedded.account import for_postgres
from evalsite.embedded.layout import ADMIN, PORT
from evalsite.embedded.programs import postgres_tree, valkey_server
from tests.services import DATABASE, VARIABLES, Services

PREFIX = "evalsite-hosts-"
WORD = "word"
NEEDED = ("ip", "setpriv")


def missing() -> str:
    """Say why there can be no hosts here; an empty string where there can."""
    if os.geteuid() != 0:
        return "network namespaces want root"
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    probe = f"{PREFIX}{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
    _delete(probe)
    return "" if made.returncode == 0 else f"no network namespaces here: {made.stderr.strip()}"


@dataclass
class Network:
    """A switch, and hosts numbered from 1 at 10.99.0.1 and so on."""

    n_hosts: int = 3
    name: str = field(default_factory=lambda: f"{PREFIX}{os.getpid()}")

    def make(self) -> None:
        """Make switch, hosts and cables."""
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "br0", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "br0", "up")
        for number in range(1, self.n_hosts + 1):
            self._make_host(number)

    def address(self, number: int) -> str:
        """Answer a host's address."""
        return f"10.99.0.{number}"

    def on(self, number: int) -> tuple[str, ...]:
        """Answer what to put before a command so that it runs on a host."""
        return ("ip", "netns", "exec", self._host(number))

    def pull(self, number: int) -> None:
        """Pull a host's cable: both ends see that nothing is there."""
        _ip("-n", self._switch, "link", "set", self._port(number), "down")

    def plug_in(self, number: int) -> None:
        """Put the cable back, or let the switch pass on again what it swallowed."""
        _ip("-n", self._switch, "link", "set", self._port(number), "master", "br0", "up")

    def swallow(self, number: int) -> None:
        """Let the switch swallow all that comes from a host or goes there; nobody is told."""
        _ip("-n", self._switch, "link", "set", self._port(number), "nomaster")

    def remove(self) -> None:
        """Remove it all; the interfaces go with the namespaces."""
        for number in range(1, self.n_hosts + 1):
            _delete(self._host(number))
        _delete(self._switch)

    def _make_host(self, number: int) -> None:
        host, port = self._host(number), self._port(number)
        _ip("netns", "add", host)
        cable = ("type", "veth", "peer", "name", "eth0", "netns", host)
        _ip("-n", self._switch, "link", "add", port, *cable)
        _ip("-n", self._switch, "link", "set", port, "master", "br0", "up")
        _ip("-n", host, "address", "add", f"{self.address(number)}/24", "dev", "eth0")
        _ip("-n", host, "link", "set", "lo", "up")
        _ip("-n", host, "link", "set", "eth0", "up")

    def _host(self, number: int) -> str:
        return f"{self.name}-{number}"

    @property
    def _switch(self) -> str:
        return f"{self.name}-switch"

    def _port(self, number: int) -> str:
        return f"port{number}"


@dataclass
class Servers:
    """PostgreSQL and Valkey on host 1: by TCP for the hosts, by Unix sockets for the test."""

    network: Network
    services: Services
    folder: Path
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def here(self) -> Services:
        """The same roles, reached through PostgreSQL's socket on this side."""
        place = {"host": str(self.folder / "run")}
        roles = {role: {**told, **place} for role, told in self.services.roles.items()}
        return Services(self.services.layout, roles)

    def environment(self) -> dict[str, str]:
        """Answer what makes a process on any host use them."""
        host = self.network.address(1)
        urls = {
            variable: make_conninfo(
                **{**self.services.roles[role], "host": host, "dbname": DATABASE}
            )
            for variable, role in VARIABLES.items()
        }
        return {**urls, "BROKER_URL": f"redis://:{WORD}@{host}:6379/0"}

    def valkey(self) -> redis.Redis:
        """Connect to Valkey from this side."""
        return redis.Redis(unix_socket_path=str(self.folder / "valkey.sock"), password=WORD)

    def start(self) -> None:
        """Copy the tests' database to host 1, as a base backup, and start both."""
        account = for_postgres()
        os.chmod(self.folder, 0o755)
        for name in ("cluster", "run"):
            (self.folder / name).mkdir(mode=0o700)
            os.chown(self.folder / name, account.uid, account.gid)
        self._back_up()
        with (self.folder / "cluster" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.99.0.0/24 scram-sha-256\n")
        self._start_postgres()
        self._start_valkey()

    def end(self) -> None:
        """Kill both: nothing of them is kept."""
        for child in self._children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def _back_up(self) -> None:
        place = self.services.roles[ADMIN]
        account = for_postgres()
        command = (
            *(postgres_tree(account) / "bin" / "pg_basebackup", "--pgdata"),
            *(self.folder / "cluster", "--port", place["port"]),
            # Its own account may be unable to pass through the link to it.
            *("--host", Path(str(place["host"])).resolve()),
            *("--username", ADMIN, "--checkpoint", "fast", "--wal-method", "fetch", "--no-sync"),
        )
        done = subprocess.run(
            [*map(str, command)],
            env={"PGPASSWORD": str(place["password"]), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
        assert done.returncode == 0, done.stderr

    def _start_postgres(self) -> None:
        account = for_postgres()
        options = {
            "listen_addresses": self.network.address(1),
            "unix_socket_directories": str(self.folder / "run"),
            "port": str(PORT),
            "fsync": "off",
        }
        self._start(
            *("setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"),
            *(str(postgres_tree(account) / "bin" / "postgres"), "-D", str(self.folder / "cluster")),
            *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
        )
        pid_file = self.folder / "cluster" / "postmaster.pid"
        self._wait(lambda: pid_file.exists() and pid_file.read_text().split()[-1:] == ["ready"])

    def _start_valkey(self) -> None:
        socket = self.folder / "valkey.sock"
        self._start(
            *(str(valkey_server()), "--bind", self.network.address(1), "--port", "6379"),
            *("--unixsocket", str(socket), "--requirepass", WORD, "--save", ""),
            *("--appendonly", "yes", "--maxmemory-policy", "noeviction"),
        )
        self._wait(socket.exists)

    def _start(self, *command: str) -> None:
        with (self.folder / "log").open("ab") as log:
            self._children.append(
                subprocess.Popen(
                    [*self.network.on(1), *command],
                    cwd=self.folder,
                    env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _wait(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)


@contextmanager
def networked() -> Iterator[Network]:
    """Make the hosts for the block; first remove what killed runs have left."""
    remove_leftovers()
    network = Network()
    try:
        network.make()
        yield network
    finally:
        network.remove()


def remove_leftovers() -> list[str]:
    """Remove the namespaces of runs that are gone, and end what still runs in them."""
    left = [name for name in _namespaces() if not psutil.pid_exists(_maker(name))]
    for name in left:
        _delete(name)
    return left


def _namespaces() -> list[str]:
    told = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in told.stdout.splitlines() if line]
    return [name for name in names if name.startswith(PREFIX)]


def _maker(name: str) -> int:
    return int(name.removeprefix(PREFIX).partition("-")[0])


def _delete(name: str) -> None:
    """Delete a namespace, if it is there, with the processes that run in it."""
    told = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True)
    for pid in map(int, told.stdout.split()):
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stderr)
