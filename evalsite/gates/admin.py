"""Where engineers look after gates, and everybody sees what they answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evalsite.audit.admin import BigAdmin, TenantAdmin, TenantForm
from evalsite.audit.big_lists import Recent
from evalsite.errors import EvalsiteError
from evalsite.gates.declare import declare
from evalsite.gates.given import read_given
from evalsite.gates.models import Gate, GateCheck
from evalsite.gates.read import GateFile
from evalsite.gates.write import as_file, as_yaml

_EXAMPLE = """name: release
primary:
  metric: pass_rate
  margin: 0.03
limits:
- metric: unscored_rate
  at_most: 0.05
"""


class GateForm(TenantForm):
    """A gate as its file, in one field."""

    file = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 24, "cols": 80, "spellcheck": "false"}),
        help_text="YAML, as setgate takes it. A change of what it demands is a new version.",
    )

    class Meta:
        model = Gate
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stored = self.instance.spec is not None
        self.initial["file"] = as_yaml(as_file(self.instance)) if stored else _EXAMPLE

    def clean_file(self) -> GateFile:
        """Read the file, and refuse another gate's name."""
        try:
            return read_given(self.cleaned_data["file"], known=self.instance.name)
        except EvalsiteError as error:
            raise ValidationError(error.message) from None


@admin.register(Gate)
class GateAdmin(TenantAdmin):
    """The tenant's gates; all saving goes through `declare`."""

    form = GateForm
    list_display = ("name", "primary", "suite", "target", "version", "declared_at", "declared_by")
    list_select_related = ("suite", "target")
    search_fields = ("name", "note")
    ordering = ("name",)
    fields = ("file", "version", "declared_at", "declared_by")
    readonly_fields = ("version", "declared_at", "declared_by")

    def save_model(self, request: HttpRequest, obj: Gate, form: Any, change: bool) -> None:
        """Save through `declare`."""
        made = declare(form.cleaned_data["file"], actor=request.user)
        obj.pk, obj.name = made.pk, made.name

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `declare`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `declare`."""

    @admin.display
    def primary(self, gate: Gate) -> str:
        """The claim in short."""
        claim = gate.spec["primary"]
        return f"{claim['metric']}: {claim['claim']}, margin {claim['margin']:g}"


@admin.register(GateCheck)
class GateCheckAdmin(BigAdmin):
    """What gates answered."""

    list_display = ("created_at", "gate_name", "gate_version", "outcome", "run", "page", "actor")
    list_filter = ("outcome", ("gate_name", Recent), "created_at")
    list_select_related = ("comparison__batch__run",)
    search_fields = ("gate_name", "=comparison__batch__id", "=comparison__baseline__id")
    fields = (
        *("created_at", "gate", "gate_version", "comparison", "outcome", "actor"),
        *("page", "rules", "demanded"),
    )
    readonly_fields = fields

    @admin.display
    def run(self, check: GateCheck) -> str:
        """The run that was held against the gate."""
        return check.comparison.batch.run.name

    @admin.display
    def page(self, check: GateCheck) -> SafeString:
        """Where people read it, with the comparison."""
        url = reverse("comparison", args=[check.comparison_id])
        return format_html('<a href="{}">verdict and proof</a>', url)

    @admin.display
    def rules(self, check: GateCheck) -> SafeString:
        """Each rule and its answer, as a list."""
        rows = ((r["outcome"], r["rule"], r["title"], r["text"]) for r in check.reasons)
        return format_html(
            "<ul>{}</ul>", format_html_join("", "<li><b>{}</b> {} {}: {}</li>", rows)
        )

    @admin.display
    def demanded(self, check: GateCheck) -> SafeString:
        """The spec as it was then."""
        text = as_yaml(GateFile.model_validate({**check.spec, "name": check.gate_name}))
        return format_html("<pre>{}</pre>", text)
