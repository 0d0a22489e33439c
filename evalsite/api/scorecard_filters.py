"""Which of a batch's scorecards a list shows: by verdict, stage, reason, slice or case."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, Q, Value
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, FilterSet, NumberFilter

from evalsite.api.frame.filters import WholeNumber
from evalsite.scoring.models import Scorecard, ScoreStatus
from evalsite.scoring.narrow import Cards, FilterUnclear, in_slice, of_stage
from packs.protocol import StageStatus


class OfStage(CharFilter):
    """Keeps those that a stage has said something about."""

    def filter(self, cards: Cards, value: str) -> Cards:
        """Answer them."""
        return cards.filter(stages__has_key=value) if value else cards


class WithStageStatus(ChoiceFilter):
    """Keeps those where the stage named beside it came to that."""

    parent: Any

    def filter(self, cards: Cards, value: str) -> Cards:
        """Answer them; raises FilterUnclear where no stage is named."""
        if not value:
            return cards
        stage = self.parent.form.cleaned_data["stage"]
        if not stage:
            raise FilterUnclear(f"stage_status {value} is of no stage")
        return of_stage(cards, stage, status=value)


class WithCode(CharFilter):
    """Keeps those where the stage named beside it, or any, or the case's end has the code."""

    parent: Any

    def filter(self, cards: Cards, value: str) -> Cards:
        """Answer them."""
        if not value:
            return cards
        if stage := self.parent.form.cleaned_data["stage"]:
            return of_stage(cards, stage, code=value)
        written_off = Q(status=ScoreStatus.ERRORED, details__batch__code=value)
        return cards.filter(Q(_has_code(value)) | written_off)


class InSlice(CharFilter):
    """Keeps those whose cases are in a slice."""

    def filter(self, cards: Cards, value: str) -> Cards:
        """Answer them; raises FilterUnclear for what is no slice."""
        return in_slice(cards, value) if value else cards


class ScorecardFilters(FilterSet):
    """Which scorecards."""

    status = ChoiceFilter(choices=ScoreStatus.choices)
    passed = BooleanFilter(field_name="overall_passed")
    stage = OfStage(help_text="That have been judged at it.")
    stage_status = WithStageStatus(
        choices=[(status.value, status.value) for status in StageStatus],
        help_text="What the stage, named in `stage`, came to.",
    )
    code = WithCode(help_text="Why a stage, or the one named in `stage`, has no score.")
    slice = InSlice(help_text="tag:NAME, category:NAME, subcategory:NAME or complexity:1 to 5.")
    case = CharFilter(field_name="revision__case__key", help_text="The case's key.")
    min_score = NumberFilter(field_name="overall_score", lookup_expr="gte")
    max_score = NumberFilter(field_name="overall_score", lookup_expr="lte")
    repetition = WholeNumber(min_value=0, max_value=2**15 - 1)

    class Meta:
        model = Scorecard
        fields: tuple[str, ...] = ()


def _has_code(value: str) -> Func:
    return Func(
        F("stages"),
        Value("$.*.code ? (@ == $code)"),
        Func(Value("code"), Value(value), function="jsonb_build_object"),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )
