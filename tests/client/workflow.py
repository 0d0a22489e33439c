"""As much of a CI runner as docs/ci/evaluate.yml needs: its steps, in bash, one after another."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evalsite.env import ROOT

WORKFLOW = ROOT / "docs" / "ci" / "evaluate.yml"
ALWAYS = "${{ !cancelled() }}"
_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


def workflow() -> dict[str, Any]:
    """Answer the workflow as it is shipped."""
    loaded: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    return loaded


@dataclass
class Runner:
    """Runs the job in a folder; `context` is what its expressions stand for."""

    folder: Path
    context: dict[str, str]
    environment: dict[str, str]
    exits: dict[str, int] = field(default_factory=dict)
    told: str = ""

    def run(self, **instead: str) -> bool:
        """Run all steps that are commands; `instead` are variables that a user edits."""
        self.exits, self.told = {}, ""
        job = workflow()["jobs"]["evaluate"]
        shared = {**self._filled(job["env"]), **instead}
        for step in job["steps"]:
            failed = any(self.exits.values())
            if "run" in step and (not failed or step.get("if") == ALWAYS):
                self._run(step, shared)
        return not any(self.exits.values())

    def page(self) -> str:
        """Answer the job's page."""
        return (self.folder / "page.md").read_text()

    def _run(self, step: Mapping[str, Any], shared: Mapping[str, str]) -> None:
        output = self.folder / "output"
        output.write_text("")
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.folder / "page.md")}
        own = self._filled(step.get("env", {}))
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-c", step["run"]],
            cwd=self.folder,
            env={**self.environment, **shared, **own, **files},
            text=True,
            capture_output=True,
            timeout=120,
        )
        self.exits[step["name"]] = done.returncode
        self.told += f"== {step['name']}\n{done.stdout}{done.stderr}"
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.context[f"steps.{step['id']}.outputs.{name}"] = value

    def _filled(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Put values in place of expressions; raises KeyError for one that nobody knows."""
        return {
            name: _EXPRESSION.sub(lambda found: self.context[found[1]], value)
            for name, value in variables.items()
        }


def bare_python(folder: Path, *, beside: Path) -> dict[str, str]:
    """Make an environment with a Python of its own that knows what is installed beside it.

    What it installs goes into its own folder, and what is there already is not fetched.
    """
    subprocess.run(
        [beside / "python", "-m", "venv", "--without-pip", folder], check=True, timeout=60
    )
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (installed,) = (beside.parent / "lib").glob("python*/site-packages")
    (site / "beside.pth").write_text(str(installed))
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
