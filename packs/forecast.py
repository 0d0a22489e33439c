"""How many model calls and tokens the stages of a manifest will take, before any is made.

A forecast is of what is asked: answers that are cached cost nothing, cases that a gate stops are
not asked about, and neither is foreseen. `expected` is what it takes when all goes well, `at_most`
is with every repair, one token a byte, and replies as long as they may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from judges.registry import JUDGES

if TYPE_CHECKING:
    from judges.models import Ask

# A verdict with its reasoning, or a plain answer, where nothing has been measured.
TOKENS_OF_REPLY = 150
# What a token of an ordinary prompt takes: text with some JSON and code in it.
BYTES_PER_TOKEN = 3.6


class Span(NamedTuple):
    """A number that is expected, and what it cannot exceed; None where that is not known."""

    expected: float
    at_most: float | None


class Workload(NamedTuple):
    """The scorings of a batch (cases times repetitions), and how large a case is to read.

    `bytes_total` is of input, expected value and answer of all scorings together, as JSON. A case
    with alternatives may be judged once against each: the figures `at_most` count that too, and 0
    means that there are none.
    """

    n: int
    bytes_total: int
    n_at_most: int = 0
    bytes_at_most: int = 0


class Foreseen(NamedTuple):
    """What one stage asks of one model over the whole batch; `counted`, its judge has said so."""

    stage: str
    judge: str
    model: str
    endpoint: str
    calls: Span
    tokens_in: Span
    tokens_out: Span
    counted: bool


def foresee(manifest: Mapping[str, Any], *, workload: Workload) -> Iterator[Foreseen]:
    """Yield what each stage of the model lane will ask, one entry for each model it asks."""
    for stage in manifest["stages"]:
        if stage["lane"] != "model":
            continue
        asks, counted = asks_of(stage)
        for ask in asks:
            yield foresee_ask(
                ask, workload=workload, stage=stage["name"], judge=stage["judge"], counted=counted
            )


def asks_of(stage: Mapping[str, Any]) -> tuple[Sequence[Ask], bool]:
    """Answer what a stage's judge says that it asks for a case, and whether it says so.

    Where it does not, that is one call of the model and endpoint that its options name.
    """
    from judges.models import Ask

    options = stage["judge_options"]
    calls = getattr(_loaded(stage["judge"]), "calls", None)
    told = 1 if calls is None else calls(**options)
    if isinstance(told, int):
        model, endpoint = str(options.get("model", "")), str(options.get("endpoint", ""))
        told = [Ask(calls=told, model=model, endpoint=endpoint)]
    return list(told), calls is not None


def _loaded(judge: str) -> object:
    # A stage may have a judge of its pack's own, which is in no registry.
    return JUDGES.load(judge).value if judge in JUDGES else None


def foresee_ask(
    ask: Ask, *, workload: Workload, stage: str, judge: str = "", counted: bool = True
) -> Foreseen:
    """Multiply what is asked for one scoring by the whole workload."""
    n, most = workload.n, max(ask.at_most, ask.calls)
    n_most = max(n, workload.n_at_most)
    read = workload.bytes_total + n * ask.prompt_bytes
    read_most = max(workload.bytes_total, workload.bytes_at_most) + n_most * ask.prompt_bytes
    reply = TOKENS_OF_REPLY if ask.max_tokens is None else min(ask.max_tokens, TOKENS_OF_REPLY)
    written = None if ask.max_tokens is None else n_most * most * ask.max_tokens
    return Foreseen(
        stage=stage,
        judge=judge,
        model=ask.model,
        endpoint=ask.endpoint,
        calls=Span(expected=n * ask.calls, at_most=n_most * most),
        tokens_in=Span(expected=ask.calls * read / BYTES_PER_TOKEN, at_most=most * read_most),
        tokens_out=Span(expected=n * ask.calls * reply, at_most=written),
        counted=counted,
    )
