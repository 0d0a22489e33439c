"""Which commit is evaluated."""

from __future__ import annotations

import os
import subprocess

_NAMED_BY_CI = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "GIT_COMMIT")


def current_commit() -> str:
    """Answer the commit that CI names, else that of the working folder; empty where none is."""
    for name in _NAMED_BY_CI:
        if os.environ.get(name):
            return os.environ[name]
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
