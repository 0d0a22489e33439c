"""Whom PostgreSQL runs as: it refuses root, so root lends it an unprivileged account."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from evalsite.errors import EvalsiteError


class NoAccount(EvalsiteError):
    """The machine has no unprivileged account to run PostgreSQL with."""

    code = "embedded_no_account"
    hint = "create a system user named postgres, or run evalsite as an ordinary user"


@dataclass(frozen=True)
class Account:
    """A user id and its group id."""

    uid: int
    gid: int


def for_postgres() -> Account:
    """Give the account that PostgreSQL runs as: ours, unless we are root; raises NoAccount."""
    if os.geteuid() != 0:
        return Account(os.getuid(), os.getgid())
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(found.pw_uid, found.pw_gid)
    raise NoAccount("neither postgres nor nobody is a user of this machine")


def reaches(account: Account, path: Path) -> bool:
    """Tell whether the account may enter every folder above the path, and open or enter it."""
    if account.uid == os.geteuid():
        return True
    path = path.resolve()
    if not path.exists():
        return False
    return all(_enters(account, folder) for folder in path.parents) and _enters(account, path)


def _enters(account: Account, path: Path) -> bool:
    info = path.stat()
    if info.st_uid == account.uid:
        return bool(info.st_mode & stat.S_IXUSR)
    if info.st_gid == account.gid:
        return bool(info.st_mode & stat.S_IXGRP)
    return bool(info.st_mode & stat.S_IXOTH)
