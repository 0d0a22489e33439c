"""The recipes of a batch are read as what the batch was."""

from __future__ import annotations

import json
import shlex
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

import pytest

from evalsite.api.orders import NewBatch
from evalsite.batches.models import Batch
from evalsite.batches.plan import SKIPPED
from evalsite.pipeline import run_arguments
from evalsite.pipeline.reproduce import recipes
from tests.factories import make_batch, make_run, make_suite

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def batch() -> Batch:
    return make_batch(
        suite=make_suite(name="sums"),
        run=make_run(name="v1"),
        options={"judges": [{"name": "fuzzy", "options": {"say": 'it\'s "so"'}}]},
        selection={"tags": ["a b"], "keys": ["k"], "sample": 5, "seed": 7, "limit": 3},
        repetitions=2,
        max_cost_usd=Decimal("1.50"),
        use_cache=False,
        preflight="not_checked",
        preflight_notes=[SKIPPED],
    )


def text_of(batch: Batch, name: str) -> str:
    return next(recipe.text for recipe in recipes(batch, tenant="acme") if recipe.name == name)


def test_the_command_has_all_pins(batch: Batch) -> None:
    parser = ArgumentParser()
    run_arguments.declare(parser)
    parser.add_argument("--tenant")
    words = shlex.split(text_of(batch, "command"))
    read = vars(parser.parse_args(words[3:]))
    assert words[:3] == ["python", "manage.py", "runbatch"]
    name, _, value = read["option"][0].partition("=")
    assert {name: json.loads(value)} == batch.options
    assert (read["tag"], read["case"], read["tenant"]) == (["a b"], ["k"], "acme")
    assert [read[name] for name in ("sample", "seed", "limit", "repetitions")] == [5, 7, 3, 2]
    assert (read["max_cost"], read["no_cache"], read["no_preflight"]) == (1.5, True, True)


def test_the_request_is_one_that_the_api_takes(batch: Batch) -> None:
    sent: Any = json.loads(shlex.split(text_of(batch, "curl"))[-1])
    read = NewBatch(data=sent)
    assert read.is_valid(), read.errors
    assert sent["selection"] == {
        "tags": ["a b"],
        "cases": ["k"],
        "sample": 5,
        "seed": 7,
        "limit": 3,
    }
    assert (sent["use_cache"], sent["try_judges"]) == (False, False)


def test_the_python_is_python(batch: Batch) -> None:
    text = text_of(batch, "python")
    compile(text, "recipe", "exec")
    assert "repetitions=2" in text


def test_what_is_as_ever_is_left_out() -> None:
    plain = make_batch(run=make_run(name="v1"))
    command = text_of(plain, "command")
    assert [word for word in shlex.split(command) if word.startswith("--")] == [
        *("--suite", "--pack", "--run", "--tenant"),
    ]
