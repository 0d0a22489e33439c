"""Open a run: find it by name, or make it and its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.targets.models import EvalMode, Run, Target
from evalsite.targets.set_target import RunInvalid, check_names

__all__ = ["Opened", "RunInvalid", "RunMismatch", "find_or_open", "open_run"]


class RunMismatch(EvalsiteError):
    """A run of that name is there, but of another target, client or connection."""

    code = "run_mismatch"
    hint = "choose another run name, or leave target, client and connection out"
    exit_code = 2


class Opened(NamedTuple):
    """A run, and whether it was made just now."""

    run: Run
    is_new: bool


def open_run(
    *,
    name: str,
    target: str | None = None,
    client_type: str | None = None,
    client_version: str | None = None,
    commit: str | None = None,
    connection: Any = None,
    actor: object = "",
) -> Run:
    """Answer the run of that name, made on first sight with its target (default: its own name).

    With a connection (JSON, see connections.kinds) it is a live run, and asked by it for good.
    Raises RunInvalid, ConnectionInvalid, EndpointUnknown, CallableRefused, and RunMismatch when a
    run that is there differs from what is asked.
    """
    client = {"client_type": client_type, "client_version": client_version, "commit": commit}
    return find_or_open(name, target=target, client=client, connection=connection, actor=actor).run


def find_or_open(
    name: str,
    *,
    target: str | None,
    client: Mapping[str, str | None],
    connection: Any = None,
    metadata: Mapping[str, Any] | None = None,
    actor: object = "",
) -> Opened:
    """Do what `open_run` does, and say whether the run is new.

    `client` has any of client_type, client_version and commit; None is not said. `metadata` is
    for a run that is new.
    """
    frozen = None if connection is None else _checked(connection)
    said = {field: text for field, text in client.items() if text is not None}
    with transaction.atomic():
        found = _find(name)
        if found is None:
            live = EvalMode.RECORDED if frozen is None else EvalMode.LIVE
            made = Run(name=name, connection=frozen, eval_mode=live, **said)
            made.metadata = dict(metadata or {})
            found = _make(made, target=target or name, actor=actor)
            if found is made:
                return Opened(made, is_new=True)
        _require_same(found, target=target, client=said)
        if frozen is not None and found.connection != frozen:
            raise RunMismatch(f"run {found} is asked in another way")
    return Opened(found, is_new=False)


def _find(name: str) -> Run | None:
    return Run.objects.select_related("target").filter(name=name).first()


def _make(run: Run, *, target: str, actor: object) -> Run:
    """Make the run and its target, with one audit entry; answer another's that was faster."""
    check_names(Target(name=target))
    run.target, new_target = Target.objects.get_or_create(name=target)
    check_names(run)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        faster = _find(run.name)
        if faster is None:
            raise
        return faster
    record("run.added", run, actor=actor, target=target, new_target=new_target, mode=run.eval_mode)
    return run


def _checked(connection: Any) -> dict[str, Any]:
    """Answer the connection as it is frozen: only what was given."""
    from evalsite.targets.connections.kinds import read_connection
    from evalsite.targets.connections.reach import require_reachable

    read = read_connection(connection)
    require_reachable(read)
    return read.model_dump(mode="json", exclude_unset=True)


def _require_same(run: Run, *, target: str | None, client: Mapping[str, str]) -> None:
    differs = any(getattr(run, field) != text for field, text in client.items())
    if differs or target not in (None, run.target.name):
        has = (run.target.name, run.client_type, run.client_version, run.commit)
        raise RunMismatch(f"run {run} belongs to {' '.join(filter(None, has))}")
