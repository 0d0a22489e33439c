"""Which calls count."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any


class CallFilter:
    """Leaves out calls of tools that do not count, and calls that ended in an error."""

    def __init__(self, tools: list[str] | None, drop_errored: bool) -> None:
        self._tools = tools
        self._drop_errored = drop_errored

    def given(self, output: Any) -> list[dict[str, Any]]:
        """Give the calls of an output that count."""
        calls = self._counted(output.get("calls") or [])
        return [call for call in calls if not call.get("error")] if self._drop_errored else calls

    def expected(self, expected: Any) -> list[dict[str, Any]]:
        """Give the expected calls that count."""
        return self._counted(expected["calls"])

    def _counted(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self._tools is None:
            return calls
        return [call for call in calls if any(fnmatchcase(call["name"], t) for t in self._tools)]
