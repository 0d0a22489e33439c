"""Which of a batch's scorecards a list shows: by verdict, stage, reason, slice or case."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, FilterSet, NumberFilter
from rest_framework.exceptions import ErrorDetail, ValidationError

from evalsite.scoring.models import Scorecard, ScoreStatus
from packs.protocol import StageStatus

Cards = QuerySet[Scorecard]

_SLICES: Final = {
    "tag": "revision__tags__contains",
    "category": "revision__category",
    "complexity": "revision__complexity",
}


class ScorecardFilters(FilterSet):
    """Which scorecards."""

    status = ChoiceFilter(choices=ScoreStatus.choices)
    passed = BooleanFilter(field_name="overall_passed")
    stage = CharFilter(method="of_stage", help_text="That have been judged at it.")
    stage_status = ChoiceFilter(
        choices=[(status.value, status.value) for status in StageStatus],
        method="with_stage_status",
        help_text="What the stage, named in `stage`, came to.",
    )
    code = CharFilter(method="with_code", help_text="Why a stage, or the named one, has no score.")
    slice = CharFilter(method="in_slice", help_text="tag:NAME, category:NAME or complexity:1 to 5.")
    case = CharFilter(field_name="revision__case__key", help_text="The case's key.")
    min_score = NumberFilter(field_name="overall_score", lookup_expr="gte")
    max_score = NumberFilter(field_name="overall_score", lookup_expr="lte")
    repetition = NumberFilter()

    class Meta:
        model = Scorecard
        fields: tuple[str, ...] = ()

    def of_stage(self, cards: Cards, name: str, value: str) -> Cards:
        """Keep those that the stage has said something about."""
        return cards.filter(stages__has_key=value)

    def with_stage_status(self, cards: Cards, name: str, value: str) -> Cards:
        """Keep those where the named stage came to that."""
        stage = self.form.cleaned_data["stage"]
        if not stage:
            raise _refused("stage_status", told="Name the stage in `stage`.")
        return _of_stage(cards, stage, status=value)

    def with_code(self, cards: Cards, name: str, value: str) -> Cards:
        """Keep those where the named stage, or any, or the whole case's end has the code."""
        if stage := self.form.cleaned_data["stage"]:
            return _of_stage(cards, stage, code=value)
        written_off = Q(status=ScoreStatus.ERRORED, details__batch__code=value)
        return cards.filter(Q(_has_code(value)) | written_off)

    def in_slice(self, cards: Cards, name: str, value: str) -> Cards:
        """Keep those whose cases are in the slice."""
        kind, sign, wanted = value.partition(":")
        if not sign or kind not in _SLICES or (kind == "complexity" and wanted not in "12345"):
            raise _refused("slice", told="Write tag:NAME, category:NAME or complexity:1 to 5.")
        looked_for: Any = [wanted] if kind == "tag" else wanted
        return cards.filter(**{_SLICES[kind]: looked_for})


def _of_stage(cards: Cards, stage: str, **wanted: str) -> Cards:
    """Compare what the stage has under a name; of this PostgreSQL expects that many rows fit."""
    for name, value in wanted.items():
        path = (F("stages"), Value(stage), Value(name))
        found = Func(*path, function="jsonb_extract_path_text", output_field=TextField())
        cards = cards.filter(Exact(found, value))
    return cards


def _has_code(value: str) -> Func:
    return Func(
        F("stages"),
        Value("$.*.code ? (@ == $code)"),
        Func(Value("code"), Value(value), function="jsonb_build_object"),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )


def _refused(parameter: str, *, told: str) -> ValidationError:
    return ValidationError({parameter: [ErrorDetail(told, code="unfit")]})
