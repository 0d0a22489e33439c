"""Judge models for a fake endpoint, sound and gullible, and a batch for them to judge."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any

import pytest

from evalsite.batches.models import Batch
from judges.mock import MockModel
from judges.models import ChatReply, ChatRequest
from tests.fake_model import Call, FakeModel
from tests.pipeline.bench import launched

RUBRIC = {"judges": [{"name": "rubric", "options": {"model": "m"}}]}


def sound(call: Call) -> str:
    """Judge by the words that two texts share, as the mock does."""
    schema = call.body["response_format"]["json_schema"]["schema"]
    request = ChatRequest(model="m", messages=call.body["messages"], schema=schema)
    return settled(MockModel().chat(request)).text


def gullible(call: Call) -> str:
    """Find everything right."""
    verdict = json.loads(sound(call))
    choices = call.body["response_format"]["json_schema"]["schema"]["properties"]["choice"]
    return json.dumps({**verdict, "choice": choices["enum"][0]})


def settled(coroutine: Coroutine[Any, Any, ChatReply]) -> ChatReply:
    """Run a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    reply: ChatReply = ended.value.value
    return reply


def answered(n: int = 2, **options: Any) -> Batch:
    """A batch of right answers for the judge `rubric`."""
    return launched([{"answer": "4"}] * n, pack="exact", **{"options": RUBRIC, **options})


def probes_asked(fake: FakeModel) -> int:
    """Count the calls that were not about the cases."""
    return sum("2 + 2?" not in call.prompt for call in fake.calls)
