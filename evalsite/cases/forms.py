"""The forms in which a curator edits suites and cases."""

from __future__ import annotations

from typing import Any

from django import forms

from evalsite.audit.admin import TenantForm
from evalsite.cases.check import FIELDS, CaseRefused, check_case
from evalsite.cases.form_fields import JsonText, TagText
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.strict_json import JsonRefused
from packs.protocol import PackError
from packs.registry import PACKS


class SuiteForm(TenantForm):
    """A suite; its pack is one that is installed."""

    class Meta:
        model = Suite
        fields = ("name", "pack", "description", "cluster_key")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "pack" in self.fields:
            self.fields["pack"] = forms.ChoiceField(choices=[(n, n) for n in PACKS.names()])


class CaseForm(TenantForm):
    """A case, checked by its suite's pack; errors name the path in the JSON."""

    input = JsonText()
    expected = JsonText(rows=10)
    metadata = JsonText(rows=4, required=False)
    tags = TagText(required=False, help_text="With semicolons between them.")
    note = forms.CharField(
        max_length=500, required=False, help_text="Why you change it, for the history."
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = TestCase
        fields = (
            *("suite", "key", "state", "tags", "category", "subcategory", "complexity"),
            *("input", "expected", "metadata"),
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Remembered in the page, so that a change made meanwhile is not overwritten unseen.
        self.fields["based_on"].initial = (
            0 if self.instance._state.adding else self.instance.revision_number
        )
        if self.instance._state.adding and "state" in self.fields:
            self.fields["state"].initial = CaseState.DRAFT

    def clean(self) -> dict[str, Any]:
        """Check the case as the importer would."""
        cleaned = super().clean() or self.cleaned_data
        suite = cleaned.get("suite") or getattr(self.instance, "suite_id", None)
        if suite and not self.errors:
            self._check(cleaned)
        return cleaned

    def case_fields(self) -> dict[str, Any]:
        """Answer the fields as `save_case` takes them."""
        return {
            name: self.cleaned_data.get(name, getattr(self.instance, name, None)) for name in FIELDS
        }

    def suite(self) -> Suite:
        """Answer the suite that the case is in."""
        chosen: Suite = self.cleaned_data.get("suite") or self.instance.suite
        return chosen

    def _check(self, cleaned: dict[str, Any]) -> None:
        try:
            check_case(self.case_fields(), pack=PACKS.load(self.suite().pack).value)
        except (CaseRefused, PackError, JsonRefused) as error:
            path = getattr(error, "path", "")
            field = path.partition(".")[0].partition("[")[0]
            text = f"{error.message} {error.hint}".strip()
            self.add_error(field if field in self.fields else None, text)
