"""Open a run: find it by name, or make it and its target."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.targets.connections.kinds import read_connection
from evalsite.targets.connections.reach import require_reachable
from evalsite.targets.models import EvalMode, Run, Target


class RunInvalid(EvalsiteError):
    """The name or version of a run or target cannot be kept."""

    code = "run_invalid"
    hint = "a name is up to 100 letters, digits, hyphens and underscores; a version is short"
    exit_code = 2


class RunMismatch(EvalsiteError):
    """A run of that name is there, but of another target, client or connection."""

    code = "run_mismatch"
    hint = "choose another run name, or leave target, client and connection out"
    exit_code = 2


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
    frozen = None if connection is None else _checked(connection)
    with transaction.atomic():
        found = Run.objects.select_related("target").filter(name=name).first()
        if found is not None:
            _require_same(found, target=target, client=(client_type, client_version, commit))
            if frozen is not None and found.connection != frozen:
                raise RunMismatch(f"run {found} is asked in another way")
            return found
        made = Run(
            target=_open_target(target or name, actor=actor),
            name=name,
            client_type=client_type or "",
            client_version=client_version or "",
            commit=commit or "",
            eval_mode=EvalMode.RECORDED if frozen is None else EvalMode.LIVE,
            connection=frozen,
        )
        _check(made)
        made.save(force_insert=True)
        record("run.added", made, actor=actor, target=made.target.name, mode=made.eval_mode)
    return made


def _checked(connection: Any) -> dict[str, Any]:
    """Answer the connection as it is frozen: only what was given."""
    read = read_connection(connection)
    require_reachable(read)
    return read.model_dump(mode="json", exclude_unset=True)


def _open_target(name: str, *, actor: object) -> Target:
    _check(Target(name=name))
    target, is_new = Target.objects.get_or_create(name=name)
    if is_new:
        record("target.added", target, actor=actor)
    return target


def _check(row: Run | Target) -> None:
    try:
        row.clean_fields()
    except ValidationError as error:
        raise RunInvalid(f"{row.name!r:.120}: {'; '.join(error.messages)}") from None


def _require_same(run: Run, *, target: str | None, client: tuple[str | None, ...]) -> None:
    has = (run.target.name, run.client_type, run.client_version, run.commit)
    wanted = (target, *client)
    if any(want is not None and want != had for want, had in zip(wanted, has, strict=True)):
        raise RunMismatch(f"run {run} belongs to {' '.join(filter(None, has))}")
