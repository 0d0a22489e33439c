"""The long version of tests/sandbox/test_traces.py: many hostile runs in each tier, then a count.

`python tests/bench/sandbox_hostile.py [runs]` prints one line of JSON for each tier: how the runs
ended, how much the worker grew, and what they left (folders, processes), which must be nothing.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from judges.sandbox.outcome import TierName
from judges.sandbox.tiers import tried
from judges.sandbox.unavailable import SandboxUnavailable
from tests.sandbox.jobs import job, marked

_TIERS: tuple[TierName, ...] = ("T1", "T2")


def main(runs: int) -> None:
    """Run as many hostile programs in each tier that this machine has."""
    for name in _TIERS:
        try:
            tried(name)
        except SandboxUnavailable as error:
            print(error, file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            Path(folder).chmod(0o777)
            mark, env = f"evs-bench-{os.getpid()}"[:15], {"TMPDIR": folder}
            found = job("hostile", env=env, tier_name=name, runs=runs, seed=runs, mark=mark)
            left = {"folders": len(os.listdir(folder)), "processes": len(marked(mark))}
            print(json.dumps({"tier": name, **found, "left": left}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
