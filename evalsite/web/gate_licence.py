"""What a gate demands of model judges, as a row of its form; an empty row demands nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from evalsite.gates.spec import JudgeLicence

# Alone it demands nothing: it says which labels count.
_ALONE = "drawn_only"


def _bound(label: str, *, least: str) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any", "min": least, "max": "1"})
    return forms.FloatField(label=label, required=False, widget=widget)


class LicenceForm(forms.Form):
    """How far people must agree with each judge that asked a model."""

    min_kappa_lower = _bound("Kappa at least", least="-1")
    min_agreement_lower = _bound("or agreement at least", least="0")
    min_labels = forms.IntegerField(label="Labels at least", required=False, help_text="Else 50.")
    max_age_days = forms.IntegerField(
        label="Labels not older than", required=False, help_text="In days; else of any age."
    )
    stages = forms.CharField(
        label="Only these stages",
        required=False,
        max_length=1000,
        help_text="With commas; else all that ask a model.",
    )
    drawn_only = forms.BooleanField(
        label="Count only cases that chance chose", required=False, initial=True
    )

    def __init__(self, data: Any = None, *, start: JudgeLicence | None, prefix: str) -> None:
        super().__init__(data, prefix=prefix, initial=_told(start))

    def given(self) -> dict[str, Any] | None:
        """Answer the demand that the row says; what was left empty has its default."""
        stages = [name.strip() for name in self.cleaned_data["stages"].split(",")]
        values = {**self.cleaned_data, "stages": [name for name in stages if name]}
        filled = {name: value for name, value in values.items() if value not in (None, [])}
        return filled if filled.keys() - {_ALONE} else None

    def tell(self, place: Sequence[int | str], cause: str) -> None:
        """Say what is wrong at its field; of the whole, at the first."""
        at = next((str(name) for name in place if name in self.fields), "min_kappa_lower")
        self.add_error(at, cause)


def _told(start: JudgeLicence | None) -> dict[str, Any]:
    if start is None:
        return {}
    return {**start.model_dump(mode="json"), "stages": ", ".join(start.stages)}
