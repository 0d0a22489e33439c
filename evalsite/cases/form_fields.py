"""Form fields for what a case holds: JSON under strict rules, and tags."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from evalsite.cases.pretty import pretty
from evalsite.cases.strict_json import JsonRefused, parse


class JsonText(forms.CharField):
    """JSON in a wide monospace box; what could not be stored is refused with its code."""

    def __init__(self, *, rows: int = 14, **options: Any) -> None:
        attributes = {"rows": rows, "spellcheck": "false", "class": "json-text"}
        super().__init__(widget=forms.Textarea(attributes), strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        """Show a stored value indented, and what was typed as it was typed."""
        return value if isinstance(value, str) else pretty(value)

    def to_python(self, value: Any) -> Any:
        """Answer the value of the text; an empty text is an empty object."""
        if not value or not value.strip():
            return {}
        try:
            return parse(value.encode("utf-8", "surrogatepass"))
        except JsonRefused as error:
            raise ValidationError(f"{error.message}: {error.hint}", code=error.code) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare values, not their spelling."""
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class TagText(forms.CharField):
    """Tags with semicolons between them."""

    def prepare_value(self, value: Any) -> Any:
        """Show a list of tags in one line."""
        return "; ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Answer the list of tags."""
        return [tag.strip() for tag in (value or "").split(";") if tag.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare lists."""
        return bool(self.to_python(data) != (initial or []))
