"""Begin the batch that `runbatch` was asked for: a new one, or one that goes on."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from evalsite.batches.models import Batch
from evalsite.batches.queries import find_batch
from evalsite.cases.check import check_key
from evalsite.cases.queries import Selection, find_suite
from evalsite.errors import UsageError
from evalsite.experiments.join import join
from evalsite.pipeline import launch
from evalsite.pipeline.enrol import place_of, refuse_mixed
from evalsite.targets.queries import find_run
from packs.override import with_judges
from packs.registry import PACKS


class PackDiffers(UsageError):
    """The pack named is not the suite's."""

    code = "pack_differs"
    hint = "leave --pack out, or name the suite's own pack"


class ArgumentsMissing(UsageError):
    """A new batch needs a suite and a run."""

    code = "arguments_missing"
    hint = "name --suite and --run, or --resume / --retry-errored with a batch"


def begin(options: Mapping[str, Any]) -> Batch:
    """Launch what the options of `run_arguments` ask for.

    Raises what `launch.start`, `launch.resume` and `launch.retry_errored` raise, UsageError for
    a malformed --option, what `enrol` and `join` raise, SuiteUnknown, RunUnknown, BatchUnknown,
    PackDiffers, ArgumentsMissing.
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
    suite = find_suite(options["suite"])
    if options["pack"] not in (None, suite.pack):
        raise PackDiffers(f"suite {suite.name!r} is of pack {suite.pack!r}")
    run = find_run(options["run"])
    place = place_of(options, run)
    with transaction.atomic():
        batch = launch.start(
            suite=suite,
            run=run,
            pack=suite.pack,
            options=_pack_options(suite.pack, options),
            selection=selection_of(options),
            repetitions=options["repetitions"],
            max_cost_usd=options["max_cost"],
            use_cache=not options["no_cache"],
            try_judges=not options["no_preflight"],
            order_seed=place.order_seed if place else None,
            actor=actor,
        )
        if place is not None:
            join(batch, place.experiment, group=place.group, version=place.version, actor=actor)
    return batch


def selection_of(options: Mapping[str, Any]) -> Selection:
    """Answer which cases the options of `run_arguments` ask for; raises for a malformed key."""
    return Selection(
        tags=tuple(options["tag"]),
        keys=tuple(check_key(key) for key in options["case"]),
        sample=options["sample"],
        seed=options["seed"],
        limit=options["limit"],
    )


def _pack_options(pack: str, options: Mapping[str, Any]) -> dict[str, Any]:
    loaded = PACKS.load(pack).value
    return with_judges(loaded, given_options(options), overrides=options["judge"])


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
