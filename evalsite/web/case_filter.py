"""Which cases of a suite a reader wants to see, read from the address."""

from __future__ import annotations

from typing import Any

from django import forms

from evalsite.cases.browse import Wanted
from evalsite.cases.models import CaseState

_MOST_VERSIONS = 2**31 - 1


def _number(label: str, *, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most)


class CaseFilter(forms.Form):
    """The filters of the list of cases; its address holds them all."""

    q = forms.CharField(
        label="Text in key or input",
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search", "data-key-search": True}),
    )
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "any"), *CaseState.choices]
    )
    tag = forms.CharField(label="Tag", required=False, max_length=100)
    category = forms.CharField(label="Category", required=False, max_length=100)
    complexity = _number("Complexity", least=1, most=5)
    changed = _number("Changed since version", least=0, most=_MOST_VERSIONS)
    version = _number("As of version", least=0, most=_MOST_VERSIONS)

    def wanted(self) -> Wanted:
        """Answer the wishes; one that is no wish at all is left out, and its field says why."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        return Wanted(**{name: value for name, value in given.items() if value is not None})
