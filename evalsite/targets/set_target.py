"""Add a system under test, say what it is, or take it away again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Run, Target


class RunInvalid(EvalsiteError):
    """The name or version of a run or target cannot be kept."""

    code = "run_invalid"
    hint = "a name is up to 100 letters, digits, hyphens and underscores; a version is short"
    exit_code = 2
    http_status = 422


class TargetExists(EvalsiteError):
    """The tenant has a target of that name already."""

    code = "target_exists"
    hint = "use the one that is there, or choose another name"


class TargetInUse(EvalsiteError):
    """Runs or evaluations rest on the target."""

    code = "target_in_use"
    hint = "a target that was ever run stays, with what was found about it"


def check_names(row: Run | Target) -> None:
    """Raise RunInvalid where a field of a run or target cannot be kept."""
    try:
        row.clean_fields()
    except ValidationError as error:
        raise RunInvalid(f"{row.name!r:.120}: {'; '.join(error.messages)}") from None


def add_target(*, name: str, description: str = "", actor: object = "") -> Target:
    """Make a target without a run; raises RunInvalid and TargetExists."""
    check_names(Target(name=name, description=description))
    with transaction.atomic():
        target, is_new = Target.objects.get_or_create(
            name=name, defaults={"description": description}
        )
        if not is_new:
            raise TargetExists(f"there is a target {name!r} already")
        record("target.added", target, actor=actor)
    return target


def describe_target(target: Target, *, description: str, actor: object = "") -> None:
    """Change what is said about a target; its name stays, for runs are found by it."""
    before, target.description = target.description, description
    with transaction.atomic():
        target.save(update_fields=["description"])
        sides = change({"description": before}, {"description": description})
        record("target.changed", target, actor=actor, **sides)


def remove_target(target: Target, *, actor: object = "") -> None:
    """Delete a target that nothing rests on; raises TargetInUse."""
    with transaction.atomic():
        record("target.deleted", target, actor=actor)
        try:
            target.delete()
        except ProtectedError as error:
            kinds = {str(row._meta.verbose_name_plural) for row in error.protected_objects}
            raise TargetInUse(f"{target} has {', '.join(sorted(kinds))}") from None
