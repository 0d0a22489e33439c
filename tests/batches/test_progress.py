"""How far a batch is, as people who wait for it see it."""

from __future__ import annotations

from io import StringIO

import pytest

from evalsite.batches.queries import Progress, progress
from evalsite.pipeline import watch
from evalsite.tenants.models import Tenant
from tests.factories import make_batch, make_chunk, make_step


@pytest.mark.parametrize(
    ("state", "written", "done", "is_held"),
    [
        ("pending", 0, 0, False),
        ("leased", 4, 2, True),
        ("pending", 4, 2, False),
        ("done", 4, 3, True),
    ],
)
def test_what_is_written_of_a_chunk_counts_before_its_end(
    as_acme: Tenant, state: str, written: int, done: int, is_held: bool
) -> None:
    step = make_step(batch=make_batch(repetitions=2), n_cases=3, lane="model")
    make_chunk(step=step, n_cases=3, state=state, n_written=written)
    assert progress(step.batch_id) == Progress("running", 0, "model", done, 3, is_held)


@pytest.mark.parametrize(("is_held", "asks"), [(True, False), (False, True)])
def test_only_where_nobody_works_is_a_worker_asked_for(
    is_held: bool, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LINE_SECONDS", 0)
    text = StringIO()
    with watch.display(text) as show:
        show(Progress("running", 0, "model", 0, 3, is_held))
    assert ("is a worker running?" in text.getvalue()) == asks
