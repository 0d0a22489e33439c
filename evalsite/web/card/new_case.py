"""The form that makes a case, or a case's next revision, of what a batch has shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from evalsite.cases.check import CaseRefused
from evalsite.cases.duplicates import same_case
from evalsite.cases.form_fields import JsonText
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.strict_json import JsonRefused
from evalsite.scoring.models import Scorecard
from packs.protocol import PackError

_STATES: Final = [
    (state.value, state.label.lower()) for state in (CaseState.ACTIVE, CaseState.DRAFT)
]
# What a case that is made of another one takes over unseen.
_TAKEN_OVER: Final = ("tags", "category", "subcategory", "complexity", "metadata")


class NewCaseForm(forms.Form):
    """A suite of the same pack, a key, and the content, which is checked as an import is.

    A key that the suite has already means its next revision; `based_on` tells what was seen of it.
    """

    suite = forms.ModelChoiceField(Suite.objects.none(), empty_label=None)
    key = forms.CharField(
        max_length=200,
        help_text="The key of a case that is there makes its next revision; a new key, a new case.",
    )
    input = JsonText(rows=8)
    expected = JsonText(rows=8, help_text="What a right answer is.")
    state = forms.ChoiceField(choices=_STATES, help_text="Only active cases are scored.")
    note = forms.CharField(
        max_length=500, required=False, label="Why", help_text="For the history."
    )

    def __init__(self, card: Scorecard, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.card = card
        suites = Suite.objects.filter(pack=card.batch.pack).order_by("name")
        self.fields["suite"] = forms.ModelChoiceField(suites, empty_label=None)
        self.existing: TestCase | None = None

    def clean(self) -> dict[str, Any]:
        """Check the case as the importer would, and that no case has this content already."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            self._check(cleaned)
        return cleaned

    def case_fields(self) -> dict[str, Any]:
        """Answer the fields as `save_case` takes them."""
        own = {name: self.cleaned_data[name] for name in ("key", "input", "expected", "state")}
        source = self.existing or self.card.revision
        return {**own, **{name: getattr(source, name) for name in _TAKEN_OVER}}

    @property
    def based_on(self) -> int:
        """The revision that is edited; 0 for a new case."""
        return self.existing.revision_number if self.existing else 0

    def _check(self, cleaned: Mapping[str, Any]) -> None:
        suite = cleaned["suite"]
        self.existing = TestCase.objects.filter(suite=suite, key=cleaned["key"]).first()
        try:
            same = same_case(suite, self.case_fields())
        except (CaseRefused, PackError, JsonRefused) as error:
            field = str(getattr(error, "path", "")).partition(".")[0].partition("[")[0]
            known = field if field in self.fields else None
            self.add_error(known, f"{error.message} {error.hint}".strip())
            return
        if same is not None and (same != self.existing or same.state == cleaned["state"]):
            self.add_error(None, f"The case {same.key} of {suite} asks and expects the same.")


def first_values(card: Scorecard, *, answer: Any) -> dict[str, Any]:
    """Answer what the form begins with; an answer given is to be what is expected from now on."""
    revision = card.revision
    return {
        "suite": card.batch.suite_id,
        "key": revision.case.key,
        "input": revision.input,
        "expected": revision.expected if answer is None else answer,
        "state": CaseState.ACTIVE.value,
        "note": f"From the batch of {card.batch.run}, where it {card.status}"[:500],
    }
