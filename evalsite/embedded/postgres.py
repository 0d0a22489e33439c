"""The embedded PostgreSQL: its own cluster, SCRAM only, a Unix socket only, never root."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Final

from evalsite.embedded import passfile
from evalsite.embedded.account import Account, for_postgres
from evalsite.embedded.folders import make_postgres_home
from evalsite.embedded.layout import ADMIN, PORT, Layout
from evalsite.embedded.processes import Process, by_folder, end
from evalsite.embedded.programs import postgres_tree
from evalsite.embedded.service import PLAIN_ENVIRONMENT, Service, ask
from evalsite.embedded.spawn import Program, run
from evalsite.errors import EvalsiteError
from evalsite.tenants.roles import LOGIN_ROLES

NAME: Final = "postgresql"
_CLEARINGS: Final = 50
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


class PasswordsLost(EvalsiteError):
    """The database is there, but the file with the passwords of its roles is not."""

    code = "embedded_passwords_lost"


def service(layout: Layout) -> Service:
    """Describe the embedded PostgreSQL of a data folder."""
    account = for_postgres()
    return Service(
        name=NAME,
        program="postgres",
        mark=_mark(layout),
        uids=(account.uid,),
        log=layout.log(NAME),
        prepare=lambda: _prepare(layout, account=account),
        owns=lambda pid: _pid_file(layout)[:1] == [str(pid)] and layout.postgres_socket.exists(),
        answers=lambda: _answers(layout),
        # Fast shutdown, then immediate shutdown, which only costs a recovery at the next start.
        stop_signals=((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)),
    )


def _mark(layout: Layout) -> str:
    # PostgreSQL takes any setting with a dot in its name; this one says whose server it is, even
    # when the data folder was deleted under it.
    return f"evalsite.home={layout.data}"


def _prepare(layout: Layout, *, account: Account) -> Program:
    """Make the cluster if there is none, clear what a crash left, give the program to start."""
    home = make_postgres_home(layout, account=account)
    tree = postgres_tree(account)
    if not (home / "cluster").exists():
        _make_cluster(layout, home=home, tree=tree, account=account)
    elif ADMIN not in passfile.read(layout.passfile):
        raise PasswordsLost(
            f"{layout.passfile} does not hold the password of {ADMIN}",
            hint=f"put the file back, or remove {layout.postgres_home} to begin with no data",
        )
    # Under the real path, for the account may be unable to pass through the link.
    socket = layout.postgres_socket.parent
    _clear_after_crash(home / "cluster", socket=layout.postgres_socket)
    socket = home / "run" if socket.parent == layout.postgres_home else socket
    return Program(
        argv=(str(tree / "bin" / "postgres"), *_arguments(layout, home=home, socket=socket)),
        log=layout.log(NAME),
        env=PLAIN_ENVIRONMENT,
        cwd=home,
        account=account,
        stop_signal=signal.SIGINT,
    )


def _arguments(layout: Layout, *, home: Path, socket: Path) -> tuple[str, ...]:
    options = (
        f"unix_socket_directories={socket}",
        "unix_socket_permissions=0700",
        "listen_addresses=",
        f"port={PORT}",
        "max_connections=100",
        # Taken as it is used, and shown with each session's own: so none has more than 300 MB. With
        # the usual 128 MB sessions write more old pages out themselves.
        "shared_buffers=160MB",
        "logging_collector=off",
        "log_timezone=UTC",
        "timezone=UTC",
        _mark(layout),
    )
    return ("-D", str(home / "cluster"), *(part for option in options for part in ("-c", option)))


def _make_cluster(layout: Layout, *, home: Path, tree: Path, account: Account) -> None:
    """Run initdb beside the place and move the result there, so that no half cluster stays."""
    for left_over in home.glob("draft-*"):
        _clear(left_over)
    for mark in layout.marks():
        mark.unlink()
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
    word = draft / "password"
    word.write_text(passfile.ensure(layout.passfile, roles=(ADMIN, *LOGIN_ROLES))[ADMIN])
    for path in (word, draft):
        os.chown(path, account.uid, account.gid)
    arguments = (
        f"--pgdata={draft / 'cluster'}",
        f"--username={ADMIN}",
        f"--pwfile={word}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    )
    initdb = (str(tree / "bin" / "initdb"), *arguments)
    run(Program(initdb, log=layout.log(NAME), env=PLAIN_ENVIRONMENT, cwd=draft, account=account))
    (draft / "cluster").rename(home / "cluster")
    shutil.rmtree(draft)


def _clear(draft: Path) -> None:
    """Remove what a killed initdb left; what it has just started may still write there."""
    for left in reversed(range(_CLEARINGS)):
        _kill(by_folder(draft, programs=["initdb", "postgres"]))
        try:
            shutil.rmtree(draft)
        except OSError:
            if not left:
                raise
            time.sleep(0.1)
        else:
            return


def _answers(layout: Layout) -> bool:
    # A server that still starts up answers on its socket too, to say so.
    ready = _pid_file(layout)[-1:] == ["ready"]
    return ready and ask(layout.postgres_socket, question=_SSL_REQUEST, answers=(b"N", b"S"))


def _pid_file(layout: Layout) -> list[str]:
    """Give the lines that the server keeps about itself: its id first, its condition last."""
    try:
        return (layout.cluster / "postmaster.pid").read_text().split()
    except FileNotFoundError:
        return []


def _clear_after_crash(cluster: Path, *, socket: Path) -> None:
    """Remove what a killed server left; the caller knows that none of ours runs.

    PostgreSQL would do so itself, but not when the id it wrote is a zombie's or has been given
    to another program. What it looks for besides, surviving processes of the dead server that
    still write, is ended first.
    """
    pid_file = cluster / "postmaster.pid"
    written = pid_file.read_text().split("\n", 1)[0] if pid_file.exists() else ""
    survivors = by_folder(cluster, programs=["postgres"])
    if written in {str(process.pid) for process in survivors}:
        return  # a server started by another hand, which PostgreSQL will tell of
    _kill(survivors)
    for file in (pid_file, socket.with_name(f"{socket.name}.lock")):
        file.unlink(missing_ok=True)


def _kill(processes: list[Process]) -> None:
    for process in processes:
        end(process, signals=())
