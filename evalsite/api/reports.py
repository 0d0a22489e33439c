"""A comparison with all that it found, as `regressions.report` tells it."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DictField,
    FloatField,
    IntegerField,
    Serializer,
    UUIDField,
)

from evalsite.api.frame.told import Told
from evalsite.regressions.models import ChosenBy, Comparison, Regression, Verdict
from evalsite.regressions.report import as_json


class WarningSerializer(Serializer[Any]):
    """What differs besides the run."""

    code = CharField()
    text = CharField()


class FindingSerializer(Told[Regression]):
    """What was found about one metric, whole or in one slice.

    `effect` is after less before, in the metric's unit; for latency, cost, tokens and the unscored
    rate less is better.
    """

    class Meta:
        model = Regression
        fields: tuple[str, ...] = (
            *("metric", "slice_kind", "slice_value", "verdict", "n_pairs", "left_out"),
            *("worse", "better", "before", "after", "effect", "effect_low", "effect_high"),
            *("p_value", "p_corrected", "method", "n_clusters", "more_cases"),
        )


class ChangeSerializer(Serializer[Any]):
    """What became of one stage of a case."""

    stage = CharField()
    status = CharField()
    reason = CharField(allow_blank=True)
    was = CharField(allow_blank=True)


class WorseCaseSerializer(Serializer[Any]):
    """A case that passes less often than before."""

    key = CharField()
    category = CharField(allow_blank=True)
    score_before = FloatField(allow_null=True)
    score_now = FloatField(allow_null=True)
    changes = ChangeSerializer(many=True)


class StagePart(Serializer[Any]):
    """What a stage adds to the change; the stage "" is what none explains."""

    stage = CharField(allow_blank=True)
    contribution = FloatField()


class SlicePart(Serializer[Any]):
    """What a slice adds to the change, stage by stage; the value null is the smallest together."""

    kind = CharField()
    value = CharField(allow_null=True, allow_blank=True)
    n = IntegerField()
    contribution = FloatField()
    stages = DictField(child=FloatField())


class Standout(Serializer[Any]):
    """A slice that adds more to the change than its size lets expect."""

    stage = CharField(allow_blank=True)
    kind = CharField()
    value = CharField()
    n = IntegerField()
    contribution = FloatField()
    expected = FloatField(help_text="Had the change been spread evenly.")
    share = FloatField(allow_null=True, help_text="Of the whole change.")
    inside = FloatField(help_text="The mean change inside.")
    outside = FloatField(help_text="The mean change outside.")
    p_corrected = FloatField()


class Attribution(Serializer[Any]):
    """A change split over its parts; they add up to the whole."""

    metric = CharField()
    effect = FloatField(allow_null=True)
    n = IntegerField()
    stages = StagePart(many=True)
    slices = SlicePart(many=True)
    standouts = Standout(many=True)


class ComparisonReport(Serializer[Any]):
    """A batch against a baseline: figures, where the change sits, what got worse."""

    id = UUIDField()
    batch = UUIDField()
    baseline = UUIDField()
    chosen_by = ChoiceField(choices=ChosenBy.choices)
    verdict = ChoiceField(choices=Verdict.choices, help_text="Of the pass rate.")
    reason = CharField(allow_blank=True, help_text="Why it is inconclusive.")
    sentence = CharField()
    warnings = WarningSerializer(many=True)
    losses = DictField(
        child=FloatField(allow_null=True),
        help_text="Cases without a pair by why, and what they could still change.",
    )
    headline = FindingSerializer(help_text="The finding on the pass rate.")
    findings = FindingSerializer(many=True)
    attribution = DictField(child=Attribution(), help_text="By metric.")
    worst_cases = WorseCaseSerializer(many=True)

    def to_representation(self, instance: Comparison) -> dict[str, Any]:
        """Tell all of it."""
        told: dict[str, Any] = super().to_representation(as_json(instance))
        return told
