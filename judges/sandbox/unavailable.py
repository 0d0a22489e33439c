"""The refusal to run code without a sandbox."""

from __future__ import annotations

from judges.protocol import JudgeError


class SandboxUnavailable(JudgeError):
    """Code is not run, because nothing here would hold it; its score stays open."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            code="sandbox_unavailable",
            hint="install bubblewrap, or use Linux 6.12 or newer with Landlock: docs/sandbox.md",
        )
