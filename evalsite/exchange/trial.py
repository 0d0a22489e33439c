"""Try something for real, and leave no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def trial(*, dry_run: bool) -> Iterator[None]:
    """Run the block in one transaction, taken back at its end on a dry run."""
    with transaction.atomic():
        yield
        if dry_run:
            transaction.set_rollback(True)
