"""The form of a new experiment, and what its declaration would need to be settled."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model

from evalsite.cases.models import CaseState
from evalsite.cases.queries import state_counts
from evalsite.experiments.choices import BOUNDED, UNITS, Metric
from evalsite.experiments.foresee import GUESSES, Need, Seen, distance_of, needs, seen_spread
from evalsite.experiments.models import DECLARED, Experiment
from evalsite.figures import size

_FIELDS: Final = ("name", "description", "suite", *DECLARED, "planned_cases")
_AMOUNTS: Final = ("margin", "alpha", "tie_band", "max_slower", "max_dearer")
_LABELS: Final = {
    "primary_metric": "Decided on",
    "alpha": "Wrong verdicts accepted",
    "tie_band": "A tie is up to",
    "max_slower": "Slower by at most",
    "max_dearer": "Dearer by at most",
    "peek_safe": "Look on the way, and stop early",
    "planned_cases": "Planned tasks",
}
_HELP: Final = {
    "suite": "The only one that may be run for it.",
    "planned_cases": "May change at any time.",
}
_ANY: Final = {"step": "any", "min": "0"}


class Forecast(NamedTuple):
    """What the page says about a declaration before it is made.

    `tasks` is the plan or, without one, the suite's active cases; 0 without either.
    """

    needs: list[Need]
    seen: Seen | None
    tasks: int
    unit: str
    margin: str
    distance: float
    in_reach: bool


class DeclareForm(forms.Form):
    """What is declared; `gain` and `spread` are for the forecast only."""

    gain = forms.FloatField(
        label="True gain that you expect",
        required=False,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="For the forecast only; blank: the variant is just as good.",
    )
    spread = forms.FloatField(
        label="Spread of the differences",
        required=False,
        min_value=0,
        widget=forms.NumberInput(attrs=_ANY),
        help_text="Their standard deviation, for the forecast only; "
        "blank: as in the suite's newest comparison.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        numbers = {name: forms.NumberInput(attrs=_ANY) for name in _AMOUNTS}
        widgets: Any = {**numbers, "description": forms.Textarea(attrs={"rows": 2})}
        words: Any = {"labels": _LABELS, "help_texts": _HELP}
        self.fields.update(fields_for_model(Experiment, _FIELDS, widgets=widgets, **words))
        suite: Any = self.fields["suite"]
        suite.empty_label, suite.queryset = "any", suite.queryset.order_by("name")

    def clean(self) -> None:
        """Refuse what the declaration itself refuses, at its field."""
        self.wanted = Experiment(**{n: v for n, v in self.cleaned_data.items() if n in _FIELDS})
        if not self.errors:
            try:
                self.wanted.clean_fields()
                self.wanted.clean()
            except ValidationError as error:
                self.add_error(None, error)

    def declared(self) -> dict[str, Any]:
        """Answer the fields that are declared, without those of the forecast."""
        return {name: self.cleaned_data[name] for name in _FIELDS}

    def digest(self) -> str:
        """Answer what was filled in, in short: what is declared is what was looked at."""
        text = json.dumps(self.cleaned_data, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def forecast(self) -> Forecast:
        """Answer how many tasks would settle it, for a spread that is given, seen, or guessed."""
        wanted, given = self.wanted, self.cleaned_data
        suite, metric = wanted.suite, Metric(wanted.primary_metric)
        seen = seen_spread(suite, metric=metric) if suite else None
        spreads = [given["spread"]] if given["spread"] else [seen.spread] if seen else []
        if not spreads and metric in BOUNDED:
            spreads = list(GUESSES)
        tasks, unit = wanted.planned_cases or self._active(), UNITS[metric]
        distance = distance_of(wanted, gain=given["gain"] or 0.0)
        found = needs(wanted, distance=distance, spreads=spreads, tasks=tasks)
        return Forecast(
            needs=found,
            seen=None if given["spread"] else seen,
            tasks=tasks,
            unit=unit,
            margin=size(wanted.margin, unit),
            distance=distance,
            in_reach=any(n is not None and n <= tasks for need in found for n in need.tasks[:1]),
        )

    def _active(self) -> int:
        suite = self.wanted.suite
        counted = state_counts([suite.pk]).get(suite.pk, {}) if suite else {}
        return counted.get(CaseState.ACTIVE, 0)
