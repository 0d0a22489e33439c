"""Say what the completed runs of a target are evaluated on, checked before it is kept."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.cases.read_selection import read_selection
from evalsite.errors import EvalsiteError
from evalsite.gates.check import GateUnfit
from evalsite.gates.queries import find_gate, held
from evalsite.pipeline.models import Evaluation, EvaluationRequest, RequestState
from packs.prepare import prepare

_AUDITED = (
    *("target", "suite", "name", "options", "selection", "repetitions", "max_cost_usd"),
    *("gate", "is_active"),
)


class EvaluationInvalid(EvalsiteError):
    """A field of an evaluation has a value that cannot be kept."""

    code = "evaluation_invalid"
    exit_code = 2
    http_status = 422


class EvaluationExists(EvalsiteError):
    """The target has an evaluation of that suite and name already."""

    code = "evaluation_exists"
    hint = "change the one that is there, or give this one a name of its own"


def check_evaluation(evaluation: Evaluation) -> None:
    """Raise an error for what could not work when it is wanted.

    EvaluationInvalid, SelectionInvalid, PackError, JudgeError, GateUnknown or GateUnfit.
    """
    try:
        evaluation.clean_fields()
    except ValidationError as error:
        raise EvaluationInvalid("; ".join(error.messages)) from None
    if not isinstance(evaluation.options, dict):
        raise EvaluationInvalid("options are an object, such as {}")
    read_selection(evaluation.selection)
    prepare(evaluation.suite.pack, evaluation.options)
    if evaluation.gate:
        _require_gate(evaluation)


def add_evaluation(evaluation: Evaluation, *, actor: object = "") -> Evaluation:
    """Keep a new evaluation; raises EvaluationExists, and what `check_evaluation` does."""
    try:
        with transaction.atomic():
            return set_evaluation(evaluation, actor=actor)
    except IntegrityError:
        raise EvaluationExists(f"there is an evaluation {evaluation} already") from None


def set_evaluation(evaluation: Evaluation, *, actor: object = "") -> Evaluation:
    """Keep a new or changed evaluation; what was refused is due once more.

    Raises what `check_evaluation` does.
    """
    check_evaluation(evaluation)
    with transaction.atomic():
        before = Evaluation.objects.select_for_update(no_key=True).filter(pk=evaluation.pk).first()
        evaluation.created_by = evaluation.created_by or str(actor)[:200]
        evaluation.save()
        try_again(evaluation)
        sides = change(shown(before, *_AUDITED), shown(evaluation, *_AUDITED))
        record("evaluation.set", evaluation, actor=actor, **sides)
    return evaluation


def try_again(evaluation: Evaluation) -> int:
    """Make the refused requests of an evaluation due again; answers how many there were."""
    refused = EvaluationRequest.objects.filter(evaluation=evaluation, state=RequestState.REFUSED)
    return refused.update(state=RequestState.DUE, code="", reason="", settled_at=None)


def _require_gate(evaluation: Evaluation) -> None:
    gate = held(find_gate(evaluation.gate))
    sides = ((gate.suite, evaluation.suite.name), (gate.target, evaluation.target.name))
    if any(wanted not in (None, given) for wanted, given in sides):
        raise GateUnfit(f"gate {gate.name!r} is for another suite or target")
