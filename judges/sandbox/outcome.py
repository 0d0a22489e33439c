"""What became of one program in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# exited: ended by itself, at whatever exit code. timed_out: wall clock or CPU limit.
# killed: by a signal. output_flood, files_flood: ended because it wrote too much.
Ended = Literal["exited", "timed_out", "killed", "output_flood", "files_flood"]
TierName = Literal["T1", "T2", "trusted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a program ended and what it said; texts are capped, and decoded with replacement."""

    ended: Ended
    exit_code: int | None
    signal: int | None
    stdout: str
    stderr: str
    channel: bytes
    wall_ms: float
    tier: TierName
