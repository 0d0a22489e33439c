"""Begin the batch that `runbatch` was asked for: a new one, or one that goes on."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from typing import Any

from evalsite.batches.models import Batch
from evalsite.batches.queries import find_batch
from evalsite.cases.check import check_key
from evalsite.cases.queries import Selection, find_suite
from evalsite.errors import UsageError
from evalsite.pipeline import launch, order
from evalsite.pipeline.enrol import refuse_mixed
from evalsite.targets.queries import find_run


class ArgumentsMissing(UsageError):
    """A new batch needs a suite and a run."""

    code = "arguments_missing"
    hint = "name --suite and --run, or --resume / --retry-errored with a batch"


def begin(options: Mapping[str, Any]) -> Batch:
    """Launch what the options of `run_arguments` ask for.

    Raises what `order.start`, `launch.resume` and `launch.retry_errored` raise, UsageError for
    a malformed --option, SuiteUnknown, RunUnknown, BatchUnknown, ArgumentsMissing.
    """
    actor, cap = getpass.getuser(), options["max_cost"]
    refuse_mixed(options)
    if options["resume"]:
        return launch.resume(find_batch(options["resume"]).pk, max_cost_usd=cap, actor=actor)
    if options["retry_errored"]:
        over = find_batch(options["retry_errored"])
        return launch.retry_errored(over.pk, max_cost_usd=cap, actor=actor)
    return _start(options, actor=actor)


def _start(options: Mapping[str, Any], *, actor: str) -> Batch:
    if not options["suite"] or not options["run"]:
        raise ArgumentsMissing("a new batch needs --suite and --run")
    wanted = order.Order(
        suite=find_suite(options["suite"]),
        run=find_run(options["run"]),
        pack=options["pack"],
        options=given_options(options),
        judges=options["judge"],
        selection=selection_of(options),
        repetitions=options["repetitions"],
        max_cost_usd=options["max_cost"],
        use_cache=not options["no_cache"],
        try_judges=not options["no_preflight"],
        priority=options["priority"],
        **{name: options.get(name) or "" for name in ("experiment", "group", "client_version")},
    )
    return order.start(wanted, actor=actor)


def selection_of(options: Mapping[str, Any]) -> Selection:
    """Answer which cases the options of `run_arguments` ask for; raises for a malformed key."""
    return Selection(
        tags=tuple(options["tag"]),
        keys=tuple(check_key(key) for key in options["case"]),
        sample=options["sample"],
        seed=options["seed"],
        limit=options["limit"],
    )


def given_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Answer each --option by its key; raises UsageError for a malformed one."""
    return dict(_option(text) for text in options["option"])


def _option(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"--option {text!r} is not KEY=VALUE", code="option_malformed")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
