"""Of many workers that begin a batch at once, one tries its judges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextvars import copy_context
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from evalsite.audit.models import Entry
from evalsite.batches.models import Chunk
from evalsite.endpoints.models import Endpoint
from evalsite.pipeline.score import score_chunk
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.trust.models import JudgeTrust
from tests.fake_model import FakeModel, fake_model
from tests.pipeline.judge_models import answered, probes_asked, sound
from tests.services import Services


@pytest.fixture
def fake(
    committed_db: None, knobs: Callable[..., None], services: Services, settings: Any
) -> Iterator[FakeModel]:
    """A sound model that takes its time, in a database that all threads see."""
    settings.VALKEY_URL = services.broker_url
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with fake_model(sound, latency_s=0.01) as running, tenant(acme.pk):
        Endpoint.objects.create(name="judges", base_url=running.base_url, is_default=True)
        yield running


def work(chunk_id: UUID) -> None:
    """Score a chunk as a worker of its own."""
    try:
        score_chunk(chunk_id, epoch=1, owner=f"worker of {chunk_id}")
    finally:
        connections["default"].close()


def test_one_worker_tries_the_judges_and_all_go_on(fake: FakeModel) -> None:
    batch = answered(n=60)
    chunks = list(Chunk.objects.values_list("pk", flat=True))
    workers = [Thread(target=copy_context().run, args=(work, chunk)) for chunk in chunks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(workers) > 1
    assert (JudgeTrust.objects.count(), probes_asked(fake)) == (1, 40)
    assert Entry.objects.filter(action="batch.judges_trusted").count() == 1
    assert Scorecard.objects.filter(batch=batch, status="passed").count() == 60
