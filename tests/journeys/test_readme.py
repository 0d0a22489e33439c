"""The README's own commands, pasted into a shell as a newcomer would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evalsite.batches.models import Batch, BatchState
from evalsite.env import ROOT
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from packs.registry import BUILTIN_PACKS
from tests.services import Services

README = ROOT / "README.md"
ACTIVATE = ". .venv/bin/activate"


def pasted() -> str:
    """Answer the README's shell blocks that call manage.py, as one script."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    return "\n".join(block for block in blocks if "manage.py" in block)


@pytest.fixture
def shell(committed_db: None, services: Services) -> dict[str, str]:
    """A shell's environment in which these servers are evalsite's embedded ones."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **services.embedded_environment(), "PATH": path, "WORKER_SLOTS": "2"}


def test_every_command_of_the_readme_works_by_copy_and_paste(shell: dict[str, str]) -> None:
    script = pasted()
    assert script.startswith(ACTIVATE)
    done = subprocess.run(
        ["bash", "-eu", "-c", script.removeprefix(ACTIVATE)],
        env=shell,
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with tenant(Tenant.objects.get(slug="acme").pk):
        finished = Batch.objects.filter(state=BatchState.FINISHED)
        assert set(finished.values_list("pack", flat=True)) == set(BUILTIN_PACKS)
