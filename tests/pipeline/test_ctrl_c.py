"""Ctrl-C in `runbatch`: the first stops the batch, a second one in the meantime does no harm."""

from __future__ import annotations

import signal
from io import StringIO
from typing import Any

import pytest

from evalsite.batches.models import Batch
from evalsite.pipeline import launch, watch
from evalsite.pipeline.management.commands.runbatch import Command
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import launched, told


def test_a_second_one_does_not_undo_the_first(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = launched([told("passed")])
    monkeypatch.setattr(watch, "wait", _interrupted)
    monkeypatch.setattr(launch, "cancel", _impatient(launch.cancel))
    with pytest.raises(SystemExit) as ended:
        Command(stderr=StringIO())._watch(batch, {"tenant": "acme"}, check=lambda: None)
    assert ended.value.code == 130
    assert Batch.objects.get(pk=batch.pk).state == "cancelled"


def _interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def _impatient(cancel: Any) -> Any:
    """Press Ctrl-C once more while the batch is being cancelled."""

    def pressed(*given: Any, **named: Any) -> Batch:
        signal.raise_signal(signal.SIGINT)
        cancelled: Batch = cancel(*given, **named)
        return cancelled

    return pressed
