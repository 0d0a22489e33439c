"""What the seeds came to: a line each, kept in a file, and the closing table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.crucible.seed import Told


@dataclass(frozen=True, slots=True)
class Line:
    """One seed: `faults` that struck, and those that this machine lacks something for."""

    seed: int
    faults: list[str]
    left_out: list[str]
    violations: list[str]
    settle_s: float | None
    seconds: float

    @classmethod
    def of(cls, told: Told) -> Line:
        """Answer the line of a seed."""
        out = [
            s.code for s in told.plan.strikes if any(f"{s.code} is left" in d for d in told.diary)
        ]
        struck = [s.code for s in told.plan.strikes if s.code not in out]
        wrong = [str(violation) for violation in told.violations]
        return cls(told.plan.seed, struck, out, wrong, told.settle_s, round(told.seconds, 2))

    def __str__(self) -> str:
        verdict = f"{len(self.violations)} VIOLATIONS" if self.violations else "ok"
        settled = "never over" if self.settle_s is None else f"over after {self.settle_s:4.1f} s"
        faults = " ".join(self.faults)
        return f"seed {self.seed:4}  {verdict:<13} {self.seconds:5.1f} s  {settled}  {faults}"


class Ledger:
    """The file of lines; a seed with a violation is played again."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        self._path = path
        if fresh:
            path.unlink(missing_ok=True)

    def lines(self) -> list[Line]:
        """Answer the last line of each seed, in order."""
        text = self._path.read_text() if self._path.exists() else ""
        found = [Line(**json.loads(line)) for line in text.splitlines()]
        return sorted({line.seed: line for line in found}.values(), key=lambda line: line.seed)

    def has(self, seed: int) -> bool:
        """Say whether a seed was played and had no violation."""
        return any(line.seed == seed and not line.violations for line in self.lines())

    def add(self, line: Line) -> None:
        """Keep a line."""
        with self._path.open("a") as file:
            file.write(f"{json.dumps(asdict(line))}\n")

    @staticmethod
    def table(lines: Iterable[Line]) -> str:
        """Tell how often each fault struck, how slowly it was over, and what was found."""
        from tests.crucible.faults import FAULTS

        played = list(lines)
        if not played:
            return "no seed was played"
        struck = Counter(code for line in played for code in line.faults)
        left_out = Counter(code for line in played for code in line.left_out)
        bad = Counter(code for line in played if line.violations for code in line.faults)
        rows = [f"{'fault':<6}{'':<34}{'struck':>7}{'left out':>10}{'with violation':>16}"]
        rows += [
            f"{code:<6}{fault.title:<34}{struck[code]:>7}{left_out[code]:>10}{bad[code]:>16}"
            for code, fault in FAULTS.items()
        ]
        settled = [line.settle_s for line in played if line.settle_s is not None]
        seconds = [line.seconds for line in played]
        wrong = [line.seed for line in played if line.violations]
        rows += [
            f"{len(played)} seeds, {len(wrong)} with a violation{': ' if wrong else ''}"
            f"{', '.join(map(str, wrong))}",
            f"over after the last heal: median {median(settled or [0]):.1f} s,"
            f" longest {max(settled, default=0):.1f} s",
            f"a seed takes {median(seconds):.1f} s (median), all {sum(seconds) / 60:.1f} minutes",
            f"seeds: {_ranges([line.seed for line in played])}",
        ]
        return "\n".join(rows)


def _ranges(seeds: list[int]) -> str:
    """Write ascending numbers as ranges."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(f"{part[0]}-{part[-1]}" if part[1:] else str(part[0]) for part in parts)
