"""The form in which a person says what the machine should have said."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from evalsite.scoring.models import Scorecard

_LONGEST_NOTE: Final = 500
_WHOLE: Final = ("", "the case as a whole")


class OverrideForm(forms.Form):
    """Passed or failed, of the whole case or one stage, and why."""

    passed = forms.TypedChoiceField(
        label="Your verdict",
        choices=[("yes", "passed"), ("no", "failed")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    stage = forms.ChoiceField(label="About", required=False)
    note = forms.CharField(
        label="Why",
        max_length=_LONGEST_NOTE,
        widget=forms.Textarea({"rows": 2}),
        help_text=f"Up to {_LONGEST_NOTE} characters. Everybody in the tenant reads it.",
    )
    template_name = "web/card/form.html"

    def __init__(self, card: Scorecard, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        stages = [
            (stage["name"], f"stage {stage['name']}") for stage in card.batch.manifest["stages"]
        ]
        self.fields["stage"] = forms.ChoiceField(
            label="About", required=False, choices=[_WHOLE, *stages]
        )
