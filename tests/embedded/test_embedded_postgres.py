import os
import shutil
import signal
import stat
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from evalsite.embedded import passfile, supervisor
from evalsite.embedded.account import for_postgres
from evalsite.embedded.layout import ADMIN, Layout
from evalsite.embedded.postgres import PasswordsLost
from evalsite.embedded.processes import by_argument, by_folder, wait_until
from evalsite.embedded.programs import postgres_tree
from evalsite.embedded.spawn import Program, StartFailed, release, start
from evalsite.tenants.roles import LOGIN_ROLES
from tests.embedded.asking import connect, fetch, pids, script

START = """
import pathlib, sys
from evalsite.embedded.layout import Layout
from evalsite.embedded.supervisor import ensure_started
ensure_started(Layout(pathlib.Path(sys.argv[1])), names=["postgresql"])
"""


@pytest.mark.parametrize("role", [ADMIN, *LOGIN_ROLES])
def test_a_role_gets_in_by_its_password(running: Layout, role: str) -> None:
    with connect(running, user=role) as connection:
        assert connection.info.user == role


@pytest.mark.parametrize("role", [ADMIN, *LOGIN_ROLES])
def test_nobody_gets_in_without_a_password(running: Layout, role: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        connect(running, user=role, passfile=os.devnull)


def test_a_wrong_password_is_refused(running: Layout) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(running, password="wrong")


def test_the_lookup_role_cannot_log_in(running: Layout) -> None:
    with pytest.raises(psycopg.OperationalError):
        connect(running, user="evalsite_lookup", password="any")


def test_every_kind_of_login_demands_scram(running: Layout) -> None:
    query = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"
    assert fetch(running, query) == "scram-sha-256"
    assert (
        fetch(
            running, "SELECT bool_and(rolpassword LIKE 'SCRAM%') FROM pg_authid WHERE rolcanlogin"
        )
        is True
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "100"),
        ("shared_buffers", "160MB"),
        ("server_encoding", "UTF8"),
        ("unix_socket_permissions", "0700"),
    ],
)
def test_the_server_is_set_as_said(running: Layout, setting: str, value: str) -> None:
    assert fetch(running, f"SHOW {setting}") == value


def test_the_locale_does_not_depend_on_the_machine(running: Layout) -> None:
    query = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'evalsite'"
    assert fetch(running, query) == "bC.UTF-8"


def test_the_owner_owns_the_database(running: Layout) -> None:
    query = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'evalsite'"
    assert fetch(running, query) == "evalsite_owner"


def test_it_is_postgresql_18_and_not_root(running: Layout) -> None:
    assert fetch(running, "SHOW server_version").startswith("18.")
    process = Path(f"/proc/{pids(running)['postgresql']}")
    assert process.stat().st_uid == for_postgres().uid != 0


def test_the_server_knows_nothing_of_our_environment(running: Layout) -> None:
    for pid in pids(running).values():
        names = {entry.split(b"=")[0] for entry in _environ(pid).split(b"\0") if entry}
        assert names == {b"PATH", b"LC_ALL", b"TZ"}


def _environ(pid: int | None) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def test_no_password_is_on_a_command_line(running: Layout) -> None:
    words = passfile.read(running.passfile).values()
    lines = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline")]
    assert not any(word.encode() in line for word in words for line in lines)


def test_sockets_and_passwords_are_private(running: Layout) -> None:
    for folder in (running.postgres_socket.parent, running.valkey_socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(running.passfile.stat().st_mode) == 0o600
    assert running.passfile.stat().st_uid == os.getuid()


def test_the_connection_string_works_for_libpq_s_own_parser(running: Layout) -> None:
    place = running.database_settings("evalsite_app", name="evalsite")
    text = conninfo.make_conninfo(host=place["HOST"], user=place["USER"], **place["OPTIONS"])
    assert "password" not in conninfo.conninfo_to_dict(text)


def test_a_killed_initdb_leaves_no_half_cluster(layout: Layout) -> None:
    with script(START, layout.root) as starter:
        drafts = layout.postgres_home
        assert wait_until(lambda: any(drafts.glob("draft-*/cluster/base")), seconds=20)
        starter.kill()
    assert not layout.cluster.exists()
    supervisor.ensure_started(layout)
    assert fetch(layout, "SELECT 1") == 1
    assert list(drafts.glob("draft-*")) == []


def test_a_lost_passfile_is_an_error_that_says_what_to_do(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    supervisor.stop(layout)
    layout.passfile.unlink()
    with pytest.raises(PasswordsLost, match="put the file back"):
        supervisor.ensure_started(layout, names=["postgresql"])


def test_a_pid_file_with_a_recycled_id_does_not_stop_the_start(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    pid_file = layout.cluster / "postmaster.pid"
    text = pid_file.read_text().split("\n", 1)[1]
    supervisor.stop(layout)
    with script("import time; time.sleep(60)") as stranger:
        for file in (pid_file, layout.postgres_socket.with_name(".s.PGSQL.5432.lock")):
            file.write_text(f"{stranger.pid}\n{text}")
            os.chown(file, for_postgres().uid, for_postgres().gid)
        supervisor.ensure_started(layout, names=["postgresql"])
        assert stranger.poll() is None
        stranger.kill()
    assert fetch(layout, "SELECT 1") == 1


def test_survivors_of_a_killed_server_are_ended_first(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    os.kill(pids(layout)["postgresql"] or 0, signal.SIGSTOP)
    survivors = by_folder(layout.cluster, programs=["postgres"])
    for process in survivors:
        process.signal(signal.SIGSTOP)
    os.kill(pids(layout)["postgresql"] or 0, signal.SIGKILL)
    supervisor.ensure_started(layout, names=["postgresql"])
    assert len(survivors) > 3
    assert not any(process.alive() for process in survivors)
    assert fetch(layout, "SELECT 1") == 1


def test_a_server_started_by_another_hand_is_left_alone(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    supervisor.stop(layout)
    tree = postgres_tree(for_postgres())
    by_hand = (str(tree / "bin" / "postgres"), "-D", str(layout.cluster), "-k", "/tmp")
    log = layout.log("by-hand")
    started = start(Program((*by_hand, "-p", "54329"), log=log, account=for_postgres()), bound=True)
    assert wait_until(lambda: "ready to accept" in log.read_text(), seconds=30)
    with pytest.raises(StartFailed, match="Is another postmaster"):
        supervisor.ensure_started(layout, names=["postgresql"])
    assert started.guard is not None
    assert started.guard.poll() is None
    release(started.guard)


def test_an_empty_pid_file_does_not_stop_the_start(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    supervisor.stop(layout)
    (layout.cluster / "postmaster.pid").touch()
    supervisor.ensure_started(layout, names=["postgresql"])
    assert fetch(layout, "SELECT 1") == 1


def test_data_survives_a_killed_server(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    with connect(layout) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(pids(layout)["postgresql"] or 0, 9)
    supervisor.ensure_started(layout, names=["postgresql"])
    assert fetch(layout, "SELECT answer FROM kept") == 42


def test_a_server_whose_folder_was_deleted_is_replaced(layout: Layout) -> None:
    supervisor.ensure_started(layout)
    old = pids(layout)
    shutil.rmtree(layout.postgres_home.resolve())
    shutil.rmtree(layout.data)
    supervisor.ensure_started(layout)
    assert fetch(layout, "SELECT 1") == 1
    assert not set(old.values()) & set(pids(layout).values())


def test_a_deep_folder_works_too(layout: Layout) -> None:
    deep = Layout(layout.root / ("deep" * 15) / ("with space " * 5))
    try:
        supervisor.ensure_started(deep)
        assert fetch(deep, "SELECT 1") == 1
        assert stat.S_IMODE(deep.postgres_socket.parent.stat().st_mode) == 0o700
    finally:
        supervisor.discard(deep)
    assert not deep.postgres_socket.parent.exists()


def test_a_stopped_server_was_shut_down_cleanly(layout: Layout) -> None:
    supervisor.ensure_started(layout, names=["postgresql"])
    began = time.monotonic()
    assert supervisor.stop(layout) == ["postgresql"]
    assert time.monotonic() - began < 10
    assert "database system is shut down" in layout.log("postgresql").read_text()
    assert by_argument("postgres", f"evalsite.home={layout.data}", uids=[for_postgres().uid]) == []
