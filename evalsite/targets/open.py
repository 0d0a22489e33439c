"""Open a run: find it by name, or make it and its target."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Run, Target


class RunInvalid(EvalsiteError):
    """The name or version of a run or target cannot be kept."""

    code = "run_invalid"
    hint = "a name is up to 100 letters, digits, hyphens and underscores; a version is short"
    exit_code = 2


class RunMismatch(EvalsiteError):
    """A run of that name is there, but of another target or client."""

    code = "run_mismatch"
    hint = "choose another run name, or leave target and client out"
    exit_code = 2


def open_run(
    *,
    name: str,
    target: str | None = None,
    client_type: str | None = None,
    client_version: str | None = None,
    actor: object = "",
) -> Run:
    """Answer the run of that name, made on first sight with its target (default: its own name).

    Raises RunInvalid, and RunMismatch when a run that is there differs from what is asked.
    """
    with transaction.atomic():
        found = Run.objects.select_related("target").filter(name=name).first()
        if found is not None:
            _require_same(found, target=target, client=(client_type, client_version))
            return found
        made = Run(
            target=_open_target(target or name, actor=actor),
            name=name,
            client_type=client_type or "",
            client_version=client_version or "",
        )
        _check(made)
        made.save(force_insert=True)
        record("run.added", made, actor=actor, target=made.target.name)
    return made


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


def _require_same(run: Run, *, target: str | None, client: tuple[str | None, str | None]) -> None:
    has = (run.target.name, run.client_type, run.client_version)
    wanted = (target, *client)
    if any(want is not None and want != had for want, had in zip(wanted, has, strict=True)):
        raise RunMismatch(f"run {run} belongs to {' '.join(filter(None, has))}")
