import os
import time
from pathlib import Path

import pytest
import redis

from evalsite.embedded import supervisor
from evalsite.embedded.layout import Layout
from evalsite.embedded.locking import Busy, locked
from evalsite.embedded.processes import by_id
from evalsite.embedded.spawn import StartFailed
from tests.embedded.asking import fetch, gone, line, pids, script

START = """
import pathlib, sys, time
from evalsite.embedded.layout import Layout
from evalsite.embedded.supervisor import ensure_started
ensure_started(Layout(pathlib.Path(sys.argv[1])), bound=len(sys.argv) > 2)
print("up", flush=True)
time.sleep(60 if len(sys.argv) > 2 else 0)
"""


def _broker(layout: Layout) -> "redis.Redis":
    return redis.Redis(unix_socket_path=str(layout.valkey_socket), decode_responses=True)


def test_servers_outlive_the_command_and_are_adopted(layout: Layout) -> None:
    with script(START, layout.root) as starter:
        assert line(starter) == "up"
    before = pids(layout)
    supervisor.ensure_started(layout)
    assert pids(layout) == before
    assert None not in before.values()


def test_a_second_call_is_quick(running: Layout) -> None:
    began = time.perf_counter()
    supervisor.ensure_started(running)
    assert time.perf_counter() - began < 0.05


def test_stop_stops_all_and_says_what_ran(layout: Layout) -> None:
    supervisor.ensure_started(layout)
    assert supervisor.stop(layout) == ["valkey", "postgresql"]
    assert supervisor.stop(layout) == []
    assert [status.state for status in supervisor.status(layout)] == ["stopped", "stopped"]


def test_one_server_alone_can_be_started_and_stopped(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["valkey"])
    assert pids(layout)["postgresql"] is None
    assert not layout.postgres_home.exists()
    assert supervisor.stop(layout, names=["valkey"]) == ["valkey"]


def test_nothing_is_made_by_asking_or_stopping(layout: Layout) -> None:
    assert supervisor.stop(layout) == []
    assert {status.pid for status in supervisor.status(layout)} == {None}
    assert not layout.data.exists()


def test_status_says_since_when(running: Layout) -> None:
    for status in supervisor.status(running):
        assert status.state == "running"
        assert status.since is not None
        assert 0 <= time.time() - status.since.timestamp() < 600


def test_two_starts_at_once_start_one_server(layout: Layout) -> None:
    starters = [script(START, layout.root) for _ in range(3)]
    for starter in starters:
        with starter:
            assert line(starter) == "up"
    log = layout.log("postgresql").read_text()
    assert log.count("ready to accept connections") == 1
    assert layout.log("valkey").read_text().count("Ready to accept connections") == 1


def test_bound_servers_do_not_outlive_a_killed_owner(layout: Layout) -> None:
    with script(START, layout.root, "bound") as owner:
        assert line(owner) == "up"
        servers = [by_id(pid) for pid in pids(layout).values() if pid]
        owner.kill()
    assert len(servers) == 2
    assert gone(*(server for server in servers if server))


def test_a_killed_server_is_started_again(layout: Layout) -> None:
    supervisor.ensure_started(layout)
    old = pids(layout)
    for pid in old.values():
        os.kill(pid or 0, 9)
    supervisor.ensure_started(layout)
    assert not set(old.values()) & set(pids(layout).values())
    assert fetch(layout, "SELECT 1") == 1


def test_a_server_that_hangs_without_its_socket_is_replaced(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["valkey"])
    old = pids(layout)["valkey"]
    layout.valkey_socket.unlink()
    supervisor.ensure_started(layout, names=["valkey"])
    assert pids(layout)["valkey"] not in (old, None)


def test_a_missing_database_is_made_on_a_running_server(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    supervisor.ensure_started(layout, names=["postgresql"], database="other")
    query = "SELECT count(*) FROM pg_database WHERE datname IN ('evalsite', 'other')"
    assert fetch(layout, query) == 2


def test_a_server_that_cannot_start_shows_its_log(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    supervisor.stop(layout)
    with (layout.cluster / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(StartFailed, match="no_such_setting"):
        supervisor.ensure_started(layout, names=["postgresql"])


def test_waiting_for_another_command_has_an_end(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock"),
        pytest.raises(Busy, match="another command"),
        locked(tmp_path / "lock", seconds=0.1),
    ):
        pass
    with locked(tmp_path / "lock", seconds=0):
        assert (tmp_path / "lock").exists()


def test_the_broker_is_set_as_said(running: Layout) -> None:
    wanted = {
        "port": "0",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    with _broker(running) as broker:
        assert {key: broker.config_get(key)[key] for key in wanted} == wanted


def test_messages_survive_a_killed_broker(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["valkey"])
    with _broker(layout) as broker:
        broker.lpush("queue", "message")
        broker.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(pids(layout)["valkey"] or 0, 9)
    supervisor.ensure_started(layout, names=["valkey"])
    with _broker(layout) as broker:
        assert broker.lrange("queue", 0, -1) == ["message"]
