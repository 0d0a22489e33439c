"""The evaluation of a run: asked for, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.urls import path, reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    Serializer,
    UUIDField,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.wanted import Wanted
from evalsite.batches.models import Batch
from evalsite.gates.models import GateOutcome
from evalsite.pipeline.evaluate import score_waited_for, start_evaluation
from evalsite.pipeline.evaluate_due import evaluation_of
from evalsite.pipeline.models import Evaluation
from evalsite.pipeline.standing import Stand, outcome, standing_of, standings, together
from evalsite.regressions.models import Verdict
from evalsite.targets.models import Run

_STATES = [(state.value, state.name) for state in Stand]


class EvaluationStandingSerializer(Serializer[Any]):
    """One evaluation of a run; what is not there yet is null."""

    evaluation = UUIDField(source="evaluation.pk")
    name = CharField(source="evaluation.name")
    suite = UUIDField(source="evaluation.suite_id")
    suite_name = CharField(source="evaluation.suite.name")
    state = ChoiceField(choices=_STATES)
    code = CharField(help_text="Why it was refused or is paused.")
    reason = CharField()
    batch = UUIDField(source="batch.pk", allow_null=True)
    n_cases = IntegerField(source="batch.n_cases", allow_null=True)
    passed = IntegerField(source="summary.passed", allow_null=True)
    unscored = IntegerField(source="summary.unscored", allow_null=True)
    errored = IntegerField(source="summary.errored", allow_null=True)
    pass_rate = FloatField(source="summary.pass_rate", allow_null=True)
    pass_low = FloatField(
        source="summary.pass_low", allow_null=True, help_text="Of its 95 % interval."
    )
    pass_high = FloatField(source="summary.pass_high", allow_null=True)
    comparison = UUIDField(source="comparison.pk", allow_null=True)
    verdict = ChoiceField(
        source="comparison.verdict",
        choices=Verdict.choices,
        allow_null=True,
        help_text="Against the baseline; null without one.",
    )
    gate = CharField(source="evaluation.gate", help_text="Empty: none.")
    outcome = ChoiceField(
        choices=GateOutcome.choices, allow_null=True, help_text="What the gate answered."
    )
    reasons = JSONField(source="check.reasons", allow_null=True, help_text="Of the gate, by rule.")


class RunEvaluationSerializer(Serializer[Any]):
    """What is known about the evaluations of a run."""

    run = UUIDField()
    state = ChoiceField(choices=_STATES, help_text="Finished when all are.")
    outcome = ChoiceField(
        choices=GateOutcome.choices,
        allow_null=True,
        help_text="Passed when every gate has passed; null without a gate, or before its answer.",
    )
    evaluations = EvaluationStandingSerializer(many=True)


class EvaluationWanted(Wanted):
    """Which evaluation, and how."""

    evaluation = UUIDField(
        required=False, help_text="Of the run's target; not needed where there is one."
    )
    judges = ListField(
        required=False,
        child=CharField(max_length=500),
        max_length=50,
        help_text="STAGE=JUDGE, this time only: a batch of its own.",
    )
    wait = BooleanField(
        default=False, help_text="Answer when it is scored; up to 100 scorings, cases x times."
    )


class RunEvaluations(Resource[Run]):
    """The evaluations of a run."""

    room = "batches"
    verbs: ClassVar = {"evaluate": "add"}
    queryset = Run.objects.select_related("target")
    serializer_class = RunEvaluationSerializer

    @documented(
        request=EvaluationWanted,
        responses={202: EvaluationStandingSerializer},
        parameters=[
            OpenApiParameter(
                "Location", str, OpenApiParameter.HEADER, response=[202], description="Its batch."
            )
        ],
        examples=[OpenApiExample("with a wait", {"wait": True}, request_only=True)],
    )
    def evaluate(self, request: Request, pk: UUID) -> Response:
        """Evaluate a completed run as its target is evaluated; asking twice gives one batch."""
        wanted, run = self.read(EvaluationWanted), self.get_object()
        named = wanted.get("evaluation")
        evaluation = self.find(Evaluation, named) if named else evaluation_of(run)
        batch = start_evaluation(
            run,
            evaluation,
            judges=wanted.get("judges", ()),
            wait=wanted["wait"],
            actor=request.user,
        )
        location = reverse("api:batch", args=[batch.pk])
        response = Response(_told(evaluation, batch), status=202, headers={"Location": location})
        if wanted["wait"]:
            transaction.on_commit(partial(_score, response, evaluation=evaluation, batch=batch))
        return response

    @documented(responses=RunEvaluationSerializer)
    def standing(self, request: Request, pk: UUID) -> Response:
        """Tell how the evaluations of a run stand, and what they found."""
        run = self.get_object()
        several = standings(run)
        told = {"run": run.pk, "state": together(several), "outcome": outcome(several)}
        return Response(self.get_serializer({**told, "evaluations": several}).data)


def _score(response: Response, *, evaluation: Evaluation, batch: Batch) -> None:
    """Score once the batch is committed: no transaction may be open meanwhile."""
    response.data = _told(evaluation, score_waited_for(batch))


def _told(evaluation: Evaluation, batch: Batch) -> Any:
    return EvaluationStandingSerializer(standing_of(evaluation, batch)).data


urlpatterns = [
    path(
        "runs/<uuid:pk>/evaluate",
        RunEvaluations.as_view({"post": "evaluate"}),
        name="run-evaluate",
    ),
    path(
        "runs/<uuid:pk>/evaluation",
        RunEvaluations.as_view({"get": "standing"}),
        name="run-evaluation",
    ),
]
