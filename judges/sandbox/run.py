"""Run one Python program that nobody trusts, in the strictest tier there is."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType, MappingProxyType

from judges.sandbox.execute import execute
from judges.sandbox.inside import CHANNEL_FD as CHANNEL_FD
from judges.sandbox.launch import Program
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import Outcome as Outcome
from judges.sandbox.tiers import tier

_NO_FILES: Mapping[str, str] = MappingProxyType({})


def run(
    source: str | CodeType,
    *,
    stdin: bytes = b"",
    files: Mapping[str, str] = _NO_FILES,
    limits: Limits | None = None,
) -> Outcome:
    """Run one Python program in the strictest tier there is.

    The program is `source`, run as `__main__` of a bare interpreter (standard library only), in a
    folder that holds only `files` (relative name: text). It reads `stdin`, prints, and may write
    results to the descriptor CHANNEL_FD (3), which prints never reach. It may start threads, no
    processes. Compiled code of ours runs apart from `__main__`, with builtins of its own.
    Raises SandboxUnavailable, without running anything, where nothing would hold it.
    """
    program = Program(source=source, files=files, stdin=stdin, limits=limits or Limits())
    return execute(program, tier=tier().name)
