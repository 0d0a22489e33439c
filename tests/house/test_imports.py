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
_PROBE = """
import json, sys
import django
django.setup()
import packs, judges.registry
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
# Templates first, which is the order that once took more along.
_CHECK = """
from django.core.checks.templates import check_templates
check_templates(None)
sys.argv = ["manage.py", "check"]
import manage
manage.main()
"""


def test_imports_point_upstream() -> None:
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    _run(linter)


def test_start_up_imports_nothing_heavy() -> None:
    loaded = set(json.loads(_run(_PROBE)))
    assert not loaded & set(HEAVY)


def test_only_who_sends_imports_celery_and_no_page_a_test_client() -> None:
    command = "evalsite.pipeline.management.commands.runbatch"
    probe = _PROBE.replace("import packs", f"import evalsite.urls, {command}, packs")
    assert not set(json.loads(_run(probe))) & {"celery", "kombu", "redis", "unittest"}


def test_check_takes_nothing_along_that_is_not_used() -> None:
    probe = _PROBE.replace("import packs, judges.registry", _CHECK)
    *_, loaded = _run(probe).splitlines()
    unused = {*HEAVY, "celery", "kombu", "redis", "requests", "pygments", "yaml", "packaging"}
    assert not set(json.loads(loaded)) & unused


def test_packs_and_judges_need_no_django() -> None:
    probe = _PROBE.replace("import django\ndjango.setup()", "import packs.library, judges.options")
    assert not set(json.loads(_run(probe))) & {"django", "celery", "kombu", "psycopg"}


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
