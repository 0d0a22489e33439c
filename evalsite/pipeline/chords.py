"""The shape of a batch in Celery: one chord per step and wave.

The header's parts score a chunk each; the body, and the errback, finish the step if its rows say
so. Chords are a fast hint, never the truth: rows, the outbox and the sweeper decide.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import Signature, chord, signature
from kombu.exceptions import OperationalError as BrokerError

from evalsite.batches.models import Batch
from evalsite.batches.window import Part, Wave, take_waves
from evalsite.celery import app
from evalsite.env import load
from evalsite.origin import going_back_to
from evalsite.pipeline.nodes import slots_of
from evalsite.pipeline.publish import publish
from evalsite.pipeline.revoke import stamp_of
from evalsite.tenants.scope import tenant

log = logging.getLogger(__name__)


def fill_window() -> int:
    """Send the waves whose turn it is to the broker, of any tenant; answers how many chunks."""
    waves = take_waves(slots=_slots_of, seconds=load().chunk_seconds)
    for wave in waves:
        with tenant(wave.tenant_id):
            send_wave(wave)
    return sum(len(wave.parts) for wave in waves)


def refill_window() -> None:
    """Fill the window after a chunk; where the broker is away, the sweep does it later."""
    try:
        fill_window()
    except BrokerError as error:
        log.warning("the window is not filled: %s", error)


def send_wave(wave: Wave) -> None:
    """Publish one wave as a chord, stamped so that a cancel can revoke what is queued."""
    tenant_id = str(wave.tenant_id)
    header = [_part(part, wave=wave, tenant_id=tenant_id) for part in wave.parts]
    body = _task(
        "finish_step",
        shown=f"after wave {wave.number} / {wave.lane} / batch {wave.batch_id}",
        tenant_id=tenant_id,
        step_id=str(wave.step_id),
        epoch=wave.epoch,
        by="chord",
    )
    canvas = chord(header, body.on_error(body.clone()), app=app)
    canvas.stamp(batch=stamp_of(wave.batch_id, epoch=wave.epoch))
    with going_back_to(Batch.objects.values_list("origin", flat=True).get(pk=wave.batch_id)):
        publish(canvas, parts=header)


def _slots_of(lane: str) -> int:
    """Answer how many chunks of a lane can be worked on at once, or are planned to be."""
    return max(load().worker_slots, slots_of(lane))


def _part(part: Part, *, wave: Wave, tenant_id: str) -> Signature[None]:
    chunk = f"chunk {part.number + 1} of {wave.n_chunks}"
    return _task(
        "score_chunk",
        shown=f"{chunk} / {part.n_cases} cases / {wave.lane} / batch {wave.batch_id}",
        tenant_id=tenant_id,
        chunk_id=str(part.chunk_id),
        epoch=wave.epoch,
    ).set(queue=wave.lane)


def _task(name: str, *, shown: str, **arguments: str | int) -> Signature[None]:
    """Name a task of the pipeline with ids for arguments; `shown` is what Flower displays."""
    named = signature(f"pipeline.{name}", kwargs=arguments, immutable=True, app=app)
    options: dict[str, Any] = {"kwargsrepr": shown, "ignore_result": True}
    return named.set(**options)
