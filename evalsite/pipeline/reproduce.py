"""The commands that do a batch again, with all that pins it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from evalsite.batches.models import Batch, Preflight
from evalsite.batches.plan import SKIPPED, priority_of
from evalsite.env import load

_FLAGS = {"sample": "--sample", "seed": "--seed", "limit": "--limit"}


class Recipe(NamedTuple):
    """One way to do it, under a short name that is also an id in a page."""

    name: str
    title: str
    text: str


def recipes(batch: Batch, *, tenant: str) -> list[Recipe]:
    """Answer the command, the request and the Python that start the same batch anew."""
    body = _body(batch)
    return [
        Recipe("command", "Command", _command(batch, tenant=tenant)),
        Recipe("curl", "curl", _curl(body)),
        Recipe("python", "Python", _python(body)),
    ]


def tasks_in_flower(batch: Batch) -> str:
    """Answer the address of the batch's tasks in Flower; empty where FLOWER_URL is not set.

    Flower's search reads on behind the name that its address tells.
    """
    flower = load().flower_url.rstrip("/")
    return flower and f"{flower}/tasks?name={quote(f'pipeline.score_chunk kwargs:{batch.pk}')}"


def _command(batch: Batch, *, tenant: str) -> str:
    words = ["python", "manage.py", "runbatch", "--suite", batch.suite.name, "--pack", batch.pack]
    words += ["--run", batch.run.name, *_options(batch), *_cases(batch)]
    if batch.repetitions > 1:
        words += ["--repetitions", str(batch.repetitions)]
    if batch.max_cost_usd is not None:
        words += ["--max-cost", f"{batch.max_cost_usd.normalize():f}"]
    words += [] if batch.use_cache else ["--no-cache"]
    words += ["--no-preflight"] if _without_trial(batch) else []
    words += [f"--{batch.priority}"] if _is_chosen(batch) else []
    return shlex.join([*words, "--tenant", tenant])


def _options(batch: Batch) -> Iterator[str]:
    for name, value in batch.options.items():
        yield from ("--option", f"{name}={json.dumps(value, ensure_ascii=False)}")


def _cases(batch: Batch) -> Iterator[str]:
    wanted = batch.selection
    for name, flag in (("tags", "--tag"), ("keys", "--case")):
        for value in wanted.get(name, ()):
            yield from (flag, value)
    for name, flag in _FLAGS.items():
        if name in wanted:
            yield from (flag, str(wanted[name]))


def _body(batch: Batch) -> dict[str, Any]:
    """Answer what the API is sent; what is as it would be anyway is left out."""
    selection = {"cases" if n == "keys" else n: wish for n, wish in batch.selection.items()}
    cap = batch.max_cost_usd
    body = {
        "suite": batch.suite.name,
        "run": batch.run.name,
        "pack": batch.pack,
        "options": batch.options,
        "selection": selection,
        "repetitions": batch.repetitions if batch.repetitions > 1 else None,
        "max_cost_usd": None if cap is None else float(cap),
        "use_cache": None if batch.use_cache else False,
        "try_judges": False if _without_trial(batch) else None,
        "priority": batch.priority if _is_chosen(batch) else None,
    }
    return {name: value for name, value in body.items() if value not in (None, {})}


def _without_trial(batch: Batch) -> bool:
    return batch.preflight == Preflight.NOT_CHECKED and batch.preflight_notes == [SKIPPED]


def _is_chosen(batch: Batch) -> bool:
    """Whether somebody said when it is to be scored: its size would say otherwise."""
    return batch.priority != priority_of(batch.n_cases * batch.repetitions)


def _curl(body: dict[str, Any]) -> str:
    sent = shlex.quote(json.dumps(body, ensure_ascii=False))
    return (
        'curl -H "Authorization: Bearer $EVALSITE_API_KEY" -H "Content-Type: application/json" \\\n'
        f"  {load().site_url.rstrip('/')}/api/v1/batches -d {sent}"
    )


def _python(body: dict[str, Any]) -> str:
    given = ",\n".join(f"        {name}={value!r}" for name, value in body.items())
    return (
        "from evalsite_client import Client\n\n"
        "with Client() as client:\n"
        f"    batch = client.batches.create(\n{given},\n    )\n"
        "    print(client.batches.wait(batch.id).state)"
    )
