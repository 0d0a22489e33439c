"""`make crucible-proof`: the crucible must catch each broken build within fifty seeds.

    make crucible-proof                     all ten
    make crucible-proof BUILD=no_fence      one, with its story

A harness that finds nothing wrong with a product that is broken on purpose proves nothing about the
real one. Each build is tried in a process and on servers of its own. At least one fault of each
seed is of those that provoke the defect; it comes from the same table as everybody's. Caught is a
build by an invariant that it names: what else is wrong may be wrong with the product.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.env import ROOT
from tests.crucible.broken.builds import BUILDS, Build
from tests.crucible.harness import harness

SEEDS = 50
_ROW = "{:<16}{:>7}  {:<26}{:>9}  {}"


@dataclass(frozen=True, slots=True)
class Proof:
    """How a build was caught; `seed` is None where it was not."""

    build: Build
    seed: int | None
    by: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        seed = "missed" if self.seed is None else self.seed
        by = ", ".join(self.by)
        return _ROW.format(self.build.name, seed, by, f"{self.seconds:.0f} s", self.build.what)


def main() -> None:
    """Prove what is asked for; exits with 1 where a build was not caught."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", choices=BUILDS, help="one only, told in full")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="the seeds 1 to this")
    asked = parser.parse_args()
    if asked.build:
        proof = prove(BUILDS[asked.build], seeds=range(1, asked.seeds + 1))
        print(proof, flush=True)
        sys.exit(proof.seed is None)
    print(_ROW.format("build", "caught", "by", "after", "what it lacks"), flush=True)
    # Django can be set up on one database in a process, so each build has its own.
    missed = [name for name in BUILDS if not _prove_apart(name, seeds=asked.seeds)]
    sys.exit(bool(missed))


def prove(build: Build, *, seeds: Iterable[int]) -> Proof:
    """Play seeds with a broken build until one of them has a violation; tells each."""
    began, caught = time.monotonic(), None
    by: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory(prefix="crucible-") as name:
        with harness(folder=Path(name), broken=build.name) as world:
            from tests.crucible.seed import tell_seed

            for seed in seeds:
                told = tell_seed(seed, world=world, favoured=build.provoked_by)
                print(told.story, file=sys.stderr, flush=True)
                by = tuple(dict.fromkeys(violation.invariant for violation in told.violations))
                if set(by) & set(build.noticed_by):
                    caught = seed
                    break
    return Proof(build, caught, by, time.monotonic() - began)


def _prove_apart(name: str, *, seeds: int) -> bool:
    """Prove a build in a process of its own and print its line; answers whether it was caught."""
    command = [sys.executable, __file__, "--build", name, "--seeds", str(seeds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    print(done.stdout.decode().rstrip() or f"{name}: no answer", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
