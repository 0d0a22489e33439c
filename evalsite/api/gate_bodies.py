"""A gate's claim, guards and limits, as bodies send them and answers tell them."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    FloatField,
    IntegerField,
    ListField,
    RegexField,
    UUIDField,
)

from evalsite.api.frame.named import suite_of, target_of
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.wanted import Wanted
from evalsite.errors import UsageError
from evalsite.gates.read import GateInvalid
from evalsite.gates.spec import Claim

_KINDS: Final = ("tag", "category", "complexity")
_OPEN: Final[dict[str, Any]] = {"required": False, "allow_null": True}


class QuestionUnclear(UsageError):
    """A gate is asked about nothing, or about two things."""

    code = "question_unclear"
    hint = "name either a run or a batch"


class Slice(Wanted):
    """Some of the cases."""

    kind = ChoiceField(choices=_KINDS)
    value = CharField(max_length=100)


class Primary(Wanted):
    """The one claim that must be shown."""

    metric = CharField(max_length=100, help_text="pass_rate, score, stage:NAME, latency_ms ...")
    slice = Slice(**_OPEN)
    claim = ChoiceField(required=False, choices=[claim.value for claim in Claim])
    margin = FloatField(min_value=0, help_text="In the metric's unit: 0.03 is 3 points.")


class Guard(Wanted):
    """What must not be harmed by more than one of the margins."""

    metric = CharField(max_length=100)
    slice = Slice(**_OPEN)
    margin = FloatField(min_value=0, **_OPEN)
    margin_percent = FloatField(min_value=0, max_value=1000, **_OPEN)


class Limit(Wanted):
    """A figure of the new batch alone, and the one end that it must keep to."""

    metric = CharField(max_length=100)
    slice = Slice(**_OPEN)
    at_least = FloatField(min_value=0, **_OPEN)
    at_most = FloatField(min_value=0, **_OPEN)


class JudgeLicence(Wanted):
    """What people's labels must show of each judge that asked a model."""

    min_labels = IntegerField(required=False, min_value=1, max_value=1_000_000)
    min_kappa_lower = FloatField(min_value=-1, max_value=1, **_OPEN)
    min_agreement_lower = FloatField(min_value=0, max_value=1, **_OPEN)
    max_age_days = IntegerField(min_value=1, max_value=36_500, **_OPEN)
    stages = ListField(child=CharField(max_length=100), required=False, help_text="None: all.")
    drawn_only = BooleanField(required=False)


class Demands(Wanted):
    """All that a gate demands; docs/gates.md tells each."""

    primary = Primary()
    guards = Guard(many=True, required=False)
    limits = Limit(many=True, required=False)
    alpha = FloatField(required=False, max_value=0.2)
    min_pairs = IntegerField(required=False, min_value=15, max_value=1_000_000_000)
    max_left_out = FloatField(required=False, min_value=0, max_value=1)
    demand_comparable = BooleanField(required=False)
    refuse_untrusted = BooleanField(required=False)
    judge_licence = JudgeLicence(help_text="Of each judge that asked a model.", **_OPEN)


class GateEdit(Demands):
    """What may be changed: what is left out stays. What is demanded stands beside, or in `spec`."""

    note = CharField(required=False, allow_blank=True, max_length=500)
    suite = CharField(max_length=100, help_text="Only of it: its id or name.", **_OPEN)
    target = CharField(max_length=100, help_text="Only of it: its id or name.", **_OPEN)
    spec = Demands(required=False)
    primary = Primary(required=False)


class NewGate(GateEdit):
    """A gate as its file has it."""

    name = RegexField("^[A-Za-z0-9_-]{1,100}$")


class Question(Wanted):
    """What is asked about: a batch, or a run's newest finished one."""

    batch = UUIDField(required=False)
    run = CharField(required=False, max_length=100, help_text="Its id or name.")
    baseline = CharField(
        required=False, max_length=200,
        help_text="A batch's id, previous, pinned, version:V or commit:C; else the one due.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a question about nothing, or about two things."""
        if ("run" in attrs) == ("batch" in attrs):
            raise QuestionUnclear("a gate is asked about either a run or a batch")
        return attrs


DECLARING: Final = [
    OpenApiExample(
        "Not worse by 3 points",
        value={
            "name": "release",
            "primary": {"metric": "pass_rate", "claim": "non_inferiority", "margin": 0.03},
            "guards": [{"metric": "latency_ms", "margin_percent": 20}],
            "limits": [{"metric": "unscored_rate", "at_most": 0.05}],
        },
        request_only=True,
    )
]
ASKING: Final = [
    OpenApiExample("Is this run better?", value={"run": "v2"}, request_only=True),
    OpenApiExample(
        "Than that version?", value={"run": "v2", "baseline": "version:1.4"}, request_only=True
    ),
]


def as_sent(resource: Resource[Any], wanted: type[GateEdit]) -> dict[str, Any]:
    """Answer a body as the gate's file has it: demands beside, suite and target by name.

    Numbers are as they were sent: what a file must not put into quotes, a body must not either.
    Raises ValidationError, GateInvalid, SuiteUnknown and TargetUnknown.
    """
    resource.read(wanted)
    given: dict[str, Any] = dict(resource.request.data)
    spec = given.pop("spec", {})
    if twice := sorted(spec.keys() & given.keys()):
        raise GateInvalid(f"{twice[0]}: it stands in spec and beside it")
    if given.get("suite"):
        given["suite"] = suite_of(given["suite"]).name
    if given.get("target"):
        given["target"] = target_of(given["target"]).name
    return {**given, **spec}
