"""Look at the progress of every batch five times a second, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event, Thread
from typing import Final
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from evalsite.batches.models import Batch
from evalsite.batches.queries import Progress, progress_of
from evalsite.tenants.scope import tenant

HZ: Final = 5


class Watcher(Thread):
    """Notes where progress fell, or passed its total; a database that is away is not asked."""

    def __init__(self, tenants: Iterable[UUID]) -> None:
        super().__init__(daemon=True)
        self.wrong: list[str] = []
        self.n_looks = 0
        self._tenants = list(tenants)
        self._last: dict[UUID, Progress] = {}
        self._over = Event()

    def run(self) -> None:
        """Look until told to end."""
        while not self._over.wait(1 / HZ):
            try:
                self._look()
            except (OperationalError, InterfaceError):
                connection.close()
        connection.close()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()

    def _look(self) -> None:
        for tenant_id in self._tenants:
            with tenant(tenant_id):
                seen = progress_of(Batch.objects.values_list("pk", flat=True))
            for batch, now in seen.items():
                self._compare(batch, now)
        self.n_looks += 1

    def _compare(self, batch: UUID, now: Progress) -> None:
        before = self._last.get(batch, now)
        fell = (now.step, now.done) < (before.step, before.done)
        if fell or now.done > now.total:
            self.wrong.append(
                f"batch {batch}: step {before.step}, {before.done} of {before.total} cases, then"
                f" step {now.step}, {now.done} of {now.total}"
            )
        self._last[batch] = now
