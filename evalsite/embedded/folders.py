"""Make the folders of the embedded servers, private and without touching what lies above them."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from evalsite.embedded.account import Account, reaches
from evalsite.embedded.layout import Layout
from evalsite.errors import EvalsiteError

# Where root keeps what an unprivileged account must reach when the project's folder is closed.
OUTSIDE: Final = Path("/var/lib/evalsite")


class UnsafeFolder(EvalsiteError):
    """A folder that must be private is not, or it cannot be reached."""

    code = "embedded_unsafe_folder"
    hint = "move that folder away, then start again; nothing in it was touched"


def make_data(layout: Layout) -> None:
    """Make the data folder and those in it that belong to us; raises UnsafeFolder."""
    # Root leaves the folder itself open, so that PostgreSQL's account can pass through it.
    layout.data.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    own = Account(os.geteuid(), os.getegid())
    for folder in (layout.run, layout.log("any").parent, layout.mail):
        folder.mkdir(mode=0o700, exist_ok=True)
    for folder in (layout.valkey_home, layout.valkey_socket.parent):
        make_private(folder, account=own)


def make_postgres_home(layout: Layout, *, account: Account) -> Path:
    """Make or find PostgreSQL's folder and give its real path; raises UnsafeFolder."""
    home = layout.postgres_home
    if home.is_symlink() and not home.exists():
        home.unlink()
    if not home.exists():
        if reaches(account, layout.data):
            make_private(home, account=account)
        else:
            home.symlink_to(_make_outside(layout, account=account))
    real = home.resolve()
    make_private(real, account=account)
    if not reaches(account, real):
        raise UnsafeFolder(
            f"the account that runs PostgreSQL can no longer enter {real}",
            hint="a folder above it was closed: open it again, or remove it to begin anew",
        )
    socket = layout.postgres_socket.parent
    make_private(real / "run" if socket.parent == home else socket, account=account)
    return real


def remove_data(layout: Layout) -> None:
    """Remove the data folder and what lies elsewhere for its sake; no server may run."""
    elsewhere = [layout.postgres_socket.parent, layout.valkey_socket.parent]
    home = layout.postgres_home
    if home.is_symlink() and home.resolve().parent == OUTSIDE:
        elsewhere.append(home.resolve())
    for folder in (*elsewhere, layout.data):
        if folder.exists():
            shutil.rmtree(folder)


def make_private(folder: Path, *, account: Account) -> None:
    """Make a folder that only the account may enter; raises UnsafeFolder if it is another's."""
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    info = os.lstat(folder)
    if stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid() != account.uid:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        info = os.lstat(folder)
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != account.uid or info.st_mode & 0o077:
        raise UnsafeFolder(f"{folder} must be a folder that only user id {account.uid} may enter")


def make_outside() -> Path:
    """Make the root-owned folder that lies outside every project; raises UnsafeFolder."""
    OUTSIDE.mkdir(mode=0o755, exist_ok=True)
    info = OUTSIDE.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != 0 or info.st_mode & 0o022:
        raise UnsafeFolder(f"{OUTSIDE} must be a folder that only root may write")
    return OUTSIDE


def _make_outside(layout: Layout, *, account: Account) -> Path:
    """Make a new private folder, named after the project and never shared with an older one."""
    known = hashlib.sha256(os.fsencode(layout.data)).hexdigest()[:12]
    folder = Path(tempfile.mkdtemp(prefix=f"{known}-", dir=make_outside()))
    os.chown(folder, account.uid, account.gid)
    return folder
