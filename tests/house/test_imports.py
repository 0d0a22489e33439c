"""You may import what happened before you; and what is heavy comes only when it is needed."""

from __future__ import annotations

import json
import subprocess
import sys

from evalsite.env import ROOT

HEAVY = (
    *("scipy", "openai", "sqlglot", "deepdiff", "pyarrow", "jsonschema", "genai_prices"),
    *("tornado", "flower", "rich", "pandas", "numpy"),
)
_DJANGO = "import django; django.setup()"
_TOLD = """
import json, sys
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
# Templates first, which is the order that once took more along.
_CHECK = """
import sys
from django.core.checks.templates import check_templates
check_templates(None)
sys.argv = ["manage.py", "check"]
import manage
manage.main()
"""


def test_imports_point_upstream() -> None:
    _run("from importlinter.cli import lint_imports_command; lint_imports_command()")


def test_start_up_imports_nothing_heavy() -> None:
    assert not _loaded(_DJANGO, "import packs.library, evalsite.scoring.stage") & set(HEAVY)


def test_only_who_sends_imports_celery_and_no_page_a_test_client() -> None:
    command = "import evalsite.urls, evalsite.pipeline.management.commands.runbatch"
    assert not _loaded(_DJANGO, command) & {"celery", "kombu", "redis", "unittest"}


def test_check_takes_nothing_along_that_is_not_used() -> None:
    unused = {*HEAVY, "celery", "kombu", "redis", "requests", "pygments", "yaml", "packaging"}
    assert not _loaded(_DJANGO, _CHECK) & unused


def test_packs_and_judges_need_no_django() -> None:
    found = _loaded("import packs.library, judges.options, judges.registry")
    assert not found & {"django", "celery", "kombu", "psycopg"}


def _loaded(*code: str) -> set[str]:
    """Answer the top names of all modules that are there after the code has run."""
    *_, last = _run("\n".join([*code, _TOLD])).splitlines()
    return set(json.loads(last))


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
