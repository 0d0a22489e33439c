"""`make crucible`: play many seeds, or one again; docs/reliability.md says what for.

    make crucible SEED=17      one seed; prints its plan and its diary
    make crucible SEEDS=200    the seeds 0 to 199; goes on where it was stopped

One line a seed goes to standard output, and a table at the end. Everything is kept below
`.evalsite/crucible/`: `seeds.jsonl`, one line a seed, and for each seed with a violation a folder
with its story and the logs of all processes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import django

from evalsite.env import ROOT
from tests.crucible.harness import harness
from tests.crucible.ledger import Ledger, Line

if TYPE_CHECKING:
    from tests.crucible.world import World

KEPT = ROOT / ".evalsite" / "crucible"


def main() -> None:
    """Play what is asked for; exits with 1 where a seed has a violation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, help="one seed only, told in full")
    parser.add_argument("--seeds", type=int, default=200, help="so many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="forget what was played before")
    parser.add_argument("--broken", help="a defect of tests/crucible/broken")
    asked = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    wanted = range(asked.first, asked.first + asked.seeds)
    ledger = Ledger(KEPT / "seeds.jsonl", fresh=asked.fresh)
    # A replay, or a broken build, is no part of the long result.
    is_long = asked.seed is None and asked.broken is None
    seeds = [asked.seed] if asked.seed is not None else list(wanted)
    left = [seed for seed in seeds if not (is_long and ledger.has(seed))]
    if len(left) < len(seeds):
        print(f"{len(seeds) - len(left)} of {len(seeds)} seeds were played before", flush=True)
    lines = _play(left, ledger=ledger if is_long else None, asked=asked)
    if is_long:
        lines = [line for line in ledger.lines() if line.seed in wanted]
        print(ledger.table(lines), flush=True)
    sys.exit(1 if any(line.violations for line in lines) else 0)


def _play(seeds: list[int], *, ledger: Ledger | None, asked: argparse.Namespace) -> list[Line]:
    lines: list[Line] = []
    if not seeds:
        # For the table; where there is something to play the harness does it.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
        django.setup()
        return lines
    with tempfile.TemporaryDirectory(prefix="crucible-") as name:
        folder = Path(name)
        with harness(folder=folder, broken=asked.broken) as world:
            for seed in seeds:
                lines.append(_play_one(seed, world=world, in_full=len(seeds) == 1))
                if ledger is not None:
                    ledger.add(lines[-1])
    return lines


def _play_one(seed: int, *, world: World, in_full: bool) -> Line:
    from tests.crucible.seed import tell_seed

    try:
        told = tell_seed(seed, world=world)
    except BaseException:
        print(f"the harness broke at seed {seed}; logs: {_keep_logs(seed, world)}", flush=True)
        raise
    line = Line.of(told)
    print(line, flush=True)
    if told.violations or in_full:
        print(told.story, flush=True)
    if told.violations:
        place = _keep_logs(seed, world)
        (place / "story.txt").write_text(f"{told.story}\n")
        print(f"  logs: {place}", flush=True)
    return line


def _keep_logs(seed: int, world: World) -> Path:
    """Keep what all processes logged during a seed."""
    place = KEPT / f"seed-{seed}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file, lines in world.logs.by_file().items():
        (place / file).write_text("\n".join(lines) + "\n")
    for log in world.services.layout.log("any").parent.glob("*.log"):
        shutil.copy(log, place)
    return place


if __name__ == "__main__":
    main()
