"""How large chunks become here."""

from __future__ import annotations

from evalsite.batches.plan import Sizing
from evalsite.env import load


def sizing() -> Sizing:
    """Answer how large chunks become on this deployment."""
    env = load()
    return Sizing(slots=env.worker_slots, seconds=env.chunk_seconds)
