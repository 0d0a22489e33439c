"""How long a person waits for a command: `check`, the first `runbatch` ever, and later ones.

Nothing may run that uses the machine's cores; where something does, read the processor times.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.embedded.layout import Layout
from evalsite.embedded.supervisor import discard
from evalsite.env import ROOT
from tests.bench.questions import JUDGES, passes, write_files
from tests.bench.verdict import Goal, verdict

CASES = 10
WARM_S, COLD_S, CHECK_RATIO = 2.5, 10.0, 1.2
_NAMED = ("--tenant", "bench", "--suite", "ten", "--run", "ten")
_BARE_URLS = """
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import include, path
from rest_framework import routers, serializers, viewsets


class UserSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = User
        fields = ["url", "username", "email", "is_staff"]


class UserViewSet(viewsets.ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


router = routers.DefaultRouter()
router.register("users", UserViewSet)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api-auth/", include("rest_framework.urls")),
    path("", include(router.urls)),
]
"""


class Spent(NamedTuple):
    """What a command took, in seconds; `cpu` is that of all its processes but the servers."""

    wall: float
    cpu: float


def main() -> None:
    """Measure in turns, print one JSON line and a table, and end with 0 where the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as made:
        folder = Path(made)
        write_files(folder, CASES)
        _make_bare(folder)
        rounds = [_round(folder, number) for number in range(asked.rounds)]
    walls = {name: median(one[name].wall for one in rounds) for name in rounds[0]}
    cpus = {name: median(one[name].cpu for one in rounds) for name in rounds[0]}
    verdict(
        "start_up",
        [
            Goal("warm runbatch, s", walls["warm"], WARM_S),
            Goal("first runbatch ever, s", walls["install"] + walls["first"], COLD_S),
            Goal("check, ratio to bare", cpus["check"] / cpus["bare"], CHECK_RATIO),
        ],
        **{f"{name}, s": f"{walls[name]:.2f} ({cpus[name]:.2f} CPU)" for name in walls},
        rounds=[{name: tuple(spent) for name, spent in one.items()} for one in rounds],
    )


def _round(folder: Path, number: int) -> dict[str, Spent]:
    """One turn of everything; `install` makes and starts the servers, and founds a tenant."""
    bare = {"DJANGO_SETTINGS_MODULE": "bare.settings"}
    with _new_home(folder / f"{number}") as ours:
        spent = {"install": _manage("createtenant", "bench", given=ours)}
        cases, outputs = (str(folder / f"{kind}-{CASES}.jsonl") for kind in ("cases", "outputs"))
        _manage("importcases", cases, *_NAMED[:4], "--pack", "exact", given=ours)
        _manage("importoutputs", outputs, *_NAMED, given=ours)
        spent["first"] = _run_batch(ours)
        return spent | {
            "warm": _run_batch(ours),
            "check": _manage("check", given=ours),
            "bare": _manage("check", given=bare, place=folder / "bare"),
        }


@contextmanager
def _new_home(data: Path) -> Iterator[dict[str, str]]:
    """Give what makes a command found its servers in a new folder; stop them at the end."""
    own = {"EVALSITE_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    own |= {"WORKER_SLOTS": "2"}
    try:
        yield own
    finally:
        discard(Layout(data))


def _run_batch(ours: Mapping[str, str]) -> Spent:
    """Evaluate the ten cases, and see that their figures are right."""
    judges = f"judges={json.dumps(JUDGES)}"
    heard: list[str] = []
    spent = _manage("runbatch", *_NAMED, "--option", judges, "--json", given=ours, heard=heard)
    headline = json.loads(heard[-1])["summaries"][0]
    assert (headline["n"], headline["passed"]) == (CASES, passes(CASES)["all"])
    return spent


def _manage(
    *arguments: str, given: Mapping[str, str], place: Path = ROOT, heard: list[str] | None = None
) -> Spent:
    """Run `manage.py`; what it says goes to `heard`.

    Python keeps what it compiles, as by default: else the bare project's modules alone would be
    compiled each time, for nobody has kept them.
    """
    started, before = time.perf_counter(), _cpu()
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=place,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **given},
        capture_output=True,
        text=True,
    )
    spent = Spent(time.perf_counter() - started, _cpu() - before)
    assert done.returncode == 0, done.stdout + done.stderr
    if heard is not None:
        heard += done.stdout.splitlines()
    return spent


def _cpu() -> float:
    """Answer the processor time of all that has ended below this process."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make_bare(folder: Path) -> None:
    """Start a project of Django and its REST framework with one resource, as its tutorial does."""
    place = folder / "bare"
    place.mkdir()
    started = [sys.executable, "-m", "django", "startproject", "bare", str(place)]
    subprocess.run(started, check=True)
    with (place / "bare" / "settings.py").open("a") as settings:
        settings.write('INSTALLED_APPS += ["rest_framework"]\n')
    (place / "bare" / "urls.py").write_text(_BARE_URLS)


if __name__ == "__main__":
    main()
