"""Make a suite, and change what one says about itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.cases.curate import SuiteExists, SuiteNameInvalid, create_suite, describe_suite
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.web.frame.page import page
from packs.protocol import PackError
from packs.registry import PACKS

_CLUSTER_HELP = Suite._meta.get_field("cluster_key").help_text


class Description(forms.Form):
    """What a suite says about itself."""

    description = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea({"rows": 3})
    )
    cluster_key = forms.CharField(
        label="Cluster key", required=False, max_length=100, help_text=_CLUSTER_HELP
    )


class NewSuite(Description):
    """A new suite: its name and its pack stay as they are for ever."""

    name = forms.CharField(
        max_length=100, help_text="Letters, digits, hyphens and underscores; it is in addresses."
    )
    pack = forms.ChoiceField(widget=forms.RadioSelect, help_text="What kind of test it is.")
    field_order = ("name", "pack", "description", "cluster_key")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        chosen: Any = self.fields["pack"]
        chosen.choices = [(name, _titled(name)) for name in PACKS.names()]


@page("cases", "add")
def new(request: HttpRequest) -> HttpResponse:
    """Make an empty suite, and lead to where cases come in."""
    form = NewSuite(request.POST or None)
    if form.is_valid():
        try:
            suite = create_suite(**form.cleaned_data, actor=request.user)
        except (SuiteExists, SuiteNameInvalid) as error:
            form.add_error("name", _told(error))
        except PackError as error:
            form.add_error("pack", _told(error))
        else:
            messages.success(request, f"Suite {suite} is there. Now give it cases.")
            return redirect("import", suite=suite.name)
    status = 422 if form.errors else 200
    return render(request, "web/suite_new.html", {"form": form}, status=status)


@page("cases", "change")
def edit(request: HttpRequest, suite: str) -> HttpResponse:
    """Change a suite's description and cluster key."""
    found = get_object_or_404(Suite, name=suite)
    stands = {"description": found.description, "cluster_key": found.cluster_key}
    form = Description(request.POST if request.method == "POST" else None, initial=stands)
    if form.is_valid():
        describe_suite(found, **form.cleaned_data, actor=request.user)
        messages.success(request, f"Suite {found} is described anew.")
        return redirect("suite", found.name)
    return render(request, "web/suite_edit.html", {"form": form, "suite": found})


def _titled(name: str) -> str:
    """A pack with its title; a plug-in that cannot be loaded stays a name."""
    try:
        return f"{name}: {PACKS.load(name).value.title}"
    except PackError:
        return f"{name}: cannot be loaded"


def _told(error: EvalsiteError | PackError) -> str:
    return f"{error.message}: {error.hint} ({error.code})"


urlpatterns = [
    path("suites/new/", new, name="suite-new"),
    path("suites/<slug:suite>/edit/", edit, name="suite-edit"),
]
