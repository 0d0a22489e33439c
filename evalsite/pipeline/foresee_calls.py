"""All calls that a planned batch will make: of its live system, of its judges, of their trial."""

from __future__ import annotations

from collections.abc import Iterator

from evalsite.batches.models import Batch, Preflight
from evalsite.env import load
from evalsite.pipeline.workload import Sizes, sizes_of
from evalsite.targets.connections.kinds import (
    ChatConnection,
    Connection,
    HttpConnection,
    McpConnection,
    read_connection,
)
from evalsite.trust.configuration import configuration_of
from evalsite.trust.queries import fresh_trust
from evalsite.trust.trial import stages_to_try
from judges.models import Ask
from judges.preflight import probes
from packs.forecast import Foreseen, Workload, foresee, foresee_ask

ANSWERING, TRIAL = "answers", "preflight"
# One that calls tools, and one that answers.
_CALLS_WITH_TOOLS = 2


def foresee_calls(batch: Batch) -> Iterator[Foreseen]:
    """Yield each kind of call of the batch as planned."""
    sizes = sizes_of(batch)
    if sizes.missing:
        yield _answering(read_connection(batch.run.connection), sizes)
    if batch.preflight == Preflight.DUE:
        yield from _trials(batch)
    yield from foresee(batch.manifest, workload=sizes.judging)


def _answering(connection: Connection, sizes: Sizes) -> Foreseen:
    found = foresee_ask(
        _ask(connection), workload=sizes.answering(), stage=ANSWERING, judge=connection.kind
    )
    if isinstance(connection, ChatConnection):
        return found
    # Tools and what they gave are read too, and how much that is nobody knows before.
    return found._replace(tokens_in=found.tokens_in._replace(at_most=None))


def _ask(connection: Connection) -> Ask:
    if isinstance(connection, ChatConnection):
        return _chat_ask(connection, calls=1, at_most=1, endpoint=connection.endpoint)
    if isinstance(connection, McpConnection):
        return _chat_ask(
            connection,
            calls=min(_CALLS_WITH_TOOLS, connection.rounds),
            at_most=connection.rounds,
            endpoint=connection.model_endpoint,
        )
    # What another system takes, it alone knows: no model has this name, so it has no price.
    endpoint = connection.endpoint if isinstance(connection, HttpConnection) else ""
    return Ask(calls=1, model=f"({connection.kind} target)", endpoint=endpoint)


def _chat_ask(
    connection: ChatConnection | McpConnection, *, calls: int, at_most: int, endpoint: str
) -> Ask:
    bounds = (connection.parameters.get(name) for name in ("max_completion_tokens", "max_tokens"))
    return Ask(
        calls=calls,
        at_most=at_most,
        model=connection.model,
        endpoint=endpoint,
        prompt_bytes=len(connection.system.encode()),
        max_tokens=next((bound for bound in bounds if isinstance(bound, int)), None),
    )


def _trials(batch: Batch) -> Iterator[Foreseen]:
    """Yield what is asked of each judge whose last preflight is too old, or never was."""
    days = load().preflight_days
    texts = [f"{probe.input}{probe.expected}{probe.answer}" for probe in probes()]
    workload = Workload(n=len(texts), bytes_total=sum(len(text.encode()) for text in texts))
    for stage in stages_to_try(batch.manifest):
        if fresh_trust(configuration_of(stage), days=days) is None:
            for found in foresee({"stages": [stage]}, workload=workload):
                yield found._replace(stage=f"{TRIAL} of {found.stage}")
