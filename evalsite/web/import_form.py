"""The form that takes a file of cases, or its text."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, Final

from django import forms
from django.core.exceptions import ValidationError

from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.exchange.case_files import form_of
from evalsite.exchange.dry_run import StagedImport, formats_for
from evalsite.exchange.staged_file import stage

# A form's fields hold 2.5 MB at most (DATA_UPLOAD_MAX_MEMORY_SIZE).
MOST_PASTED: Final = 2_000_000


class ImportForm(forms.Form):
    """A file, or pasted text; of a format that fits the suite's pack."""

    file = forms.FileField(label="File", required=False, help_text="Plain or gzip, up to 20 MB.")
    text = forms.CharField(
        label="Or paste the lines",
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )
    format = forms.ChoiceField(label="Format", required=False)
    companion = forms.FileField(label="Second file", required=False)

    def __init__(self, suite: Suite, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = formats_for(suite)
        names = [(one.name, f"{one.name}: {one.title}") for one in known]
        seconds = [f"{one.companion} of {one.name}" for one in known if one.companion]
        chosen: Any = self.fields["format"]
        chosen.choices = [("", "by the file's name: CSV by .csv, else JSON lines"), *names]
        self.fields["companion"].help_text = f"For the {', '.join(seconds)}."
        if not seconds:
            del self.fields["companion"]

    def clean(self) -> dict[str, Any]:
        """Ask for a file or text, not both, and stage it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if not self.errors and bool(file) is bool(text.strip()):
            raise ValidationError("Give a file, or paste lines: one of the two.")
        if not self.errors:
            self._stage(file or io.BytesIO(text.encode("utf-8", "surrogatepass")))
        return cleaned

    def name(self) -> str:
        """Answer what the file is called."""
        file = self.cleaned_data.get("file")
        return str(file.name)[-200:] if file else "what was pasted"

    def _stage(self, source: BinaryIO) -> None:
        second = self.cleaned_data.get("companion")
        try:
            self.staged = StagedImport(
                file=stage(source),
                format=self.cleaned_data["format"] or form_of(self.name()),
                companion=stage(second) if second else "",
            )
        except EvalsiteError as error:
            text = f"{error.message}: {error.hint} ({error.code})"
            self.add_error("file" if self.cleaned_data.get("file") else "text", text)
