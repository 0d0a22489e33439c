"""Rows of what models are asked, and what they are trusted with, for the tenant in scope."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from evalsite.calls.models import Price, Reply
from evalsite.endpoints.models import Endpoint
from evalsite.trust.models import JudgeTrust


def make_endpoint(**fields: Any) -> Endpoint:
    """A chat endpoint without a secret."""
    given = {"name": f"endpoint-{uuid4().hex}", "base_url": "https://api.example.org/v1"}
    return Endpoint.objects.create(**{**given, **fields})


def make_price(**fields: Any) -> Price:
    """A model at 1 dollar in, 2 out, per million tokens."""
    return Price.objects.create(
        **{"model": f"model-{uuid4().hex}", "usd_in": 1, "usd_out": 2, **fields}
    )


def make_reply(**fields: Any) -> Reply:
    """What a model has replied before."""
    return Reply.objects.create(
        **{"key": f"key-{uuid4().hex}", "model": "m", "text": "OK", **fields}
    )


def make_judge_trust(**fields: Any) -> JudgeTrust:
    """A judge configuration that was right about all of 40 probes."""
    given = {"configuration": uuid4().hex * 2, "judge": "rubric", "material": {}}
    counts = {"is_trusted": True, "n_probes": 40, "n_false_passes": 0, "n_false_fails": 0}
    return JudgeTrust.objects.create(**{**given, **counts, **fields})
