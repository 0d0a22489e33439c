"""After the last heal: what an operator does, and when everything is over.

An operator resumes a batch that is paused, once what paused it is mended. Two clocks that are too
long for a test are wound forward: for how long a broken endpoint is left alone, and when a mail
whose sender failed or died is sent again.
"""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from uuid import UUID

import psutil

from evalsite.alerts.deliver import CLAIM_SECONDS
from evalsite.alerts.models import Alert
from evalsite.batches.models import Batch, Chunk
from evalsite.pipeline.models import OutboxMessage
from tests.crucible.scene import Scene, steady

SETTLE_SECONDS = 60.0
# A warm shutdown waits for the work in hand.
LEAVE_SECONDS = 30.0
# A sender that lives has its mail away by then.
_SEND_SECONDS = 2
_SEND_AGAIN = """
    UPDATE alerts_alert SET due_at = clock_timestamp() WHERE due_at > clock_timestamp() AND (
        state = 'pending' OR state = 'sending'
        AND due_at < clock_timestamp() + make_interval(secs => %s))
"""


def settle(scene: Scene) -> float | None:
    """Wait until all is over; answers after how many seconds, None where it did not come."""
    began = time.monotonic()
    while time.monotonic() < began + SETTLE_SECONDS:
        if scene.all_answered() and not steady(lambda: open_things(scene)):
            return time.monotonic() - began
        steady(lambda: _operate(scene))
        time.sleep(0.1)
    return None


def open_things(scene: Scene) -> list[str]:
    """Name all that is still to be done."""
    found: list[str] = []
    for _ in scene.each_tenant():
        open_ones = Batch.objects.filter(state__in=("running", "paused"))
        found += [f"batch {pk} is {state}" for pk, state in open_ones.values_list("pk", "state")]
        owed = OutboxMessage.objects.values_list("task", "key")
        found += [f"{task} {key} waits to be sent" for task, key in owed]
        unsent = Alert.objects.filter(state__in=("pending", "sending"))
        found += [f"alert {pk} is {state}" for pk, state in unsent.values_list("pk", "state")]
        held = Chunk.objects.filter(state="leased").exclude(step__batch__state="cancelled")
        found += [f"chunk {pk} is leased" for pk in held.values_list("pk", flat=True)]
    return found


def leave(scene: Scene) -> list[str]:
    """Wait for those who were asked to stop; answers who did not."""
    leaving = scene.world.leaving
    end = time.monotonic() + LEAVE_SECONDS
    while time.monotonic() < end and any(process.poll() is None for process in leaving):
        time.sleep(0.05)
    late = [process for process in leaving if process.poll() is None]
    for process in late:
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        # They write to their log where they stand; who stands too deep for that is killed.
        _signal(family, signal.SIGABRT)
        psutil.wait_procs(family[1:], timeout=1.0)
        _signal(family, signal.SIGKILL)
        process.wait()
    leaving.clear()
    return [f"process {process.pid} did not stop within {LEAVE_SECONDS:.0f} s" for process in late]


def _signal(family: list[psutil.Process], number: int) -> None:
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(number)


def _operate(scene: Scene) -> None:
    paused: list[UUID] = []
    for _ in scene.each_tenant():
        paused += Batch.objects.filter(state="paused").values_list("pk", flat=True)
    if paused:
        forget_failures(scene)
        for batch in paused:
            scene.tell(batch, "resume")
    with scene.world.services.superuser() as superuser:
        superuser.execute(_SEND_AGAIN, [CLAIM_SECONDS - _SEND_SECONDS])


def forget_failures(scene: Scene) -> None:
    """Let the time be over in which nobody asks a broken endpoint."""
    broker = scene.world.broker
    for kind in ("failures", "broken", "probe"):
        for key in broker.scan_iter(f"evalsite:{kind}:*"):
            broker.delete(key)
