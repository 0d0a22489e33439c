"""Many cases at once: in and out as JSON lines, and one thing changed about several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    IntegerField,
    ListField,
    Serializer,
    UUIDField,
)

from evalsite.api.cases import EXAMPLE, AtVersion
from evalsite.api.frame.asked import asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.parse import NDJSON, JSONLines
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.stream import send_lines
from evalsite.api.frame.take_lines import Strictness, Taken, received_lines
from evalsite.api.frame.wanted import Wanted
from evalsite.cases.curate import add_tag, remove_tag, set_state
from evalsite.cases.models import CaseState, Suite
from evalsite.cases.queries import named_cases, require_version
from evalsite.exchange.case_files import import_case_lines
from evalsite.exchange.write_cases import export_cases

_MOST_NAMED: Final = 10_000


class CasesTaken(Taken):
    """What became of the lines, and the suite's version now."""

    version = IntegerField()


class Chosen(Wanted):
    """Which cases of the suite."""

    ids = ListField(required=False, child=UUIDField(), max_length=_MOST_NAMED)
    keys = ListField(
        required=False,
        child=CharField(max_length=200, trim_whitespace=False),
        max_length=_MOST_NAMED,
    )
    note = CharField(
        default="", allow_blank=True, max_length=500, help_text="Why, for the history."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one case at least."""
        if not attrs.get("ids") and not attrs.get("keys"):
            raise ValidationError("Name cases in `ids` or `keys`.", code="nothing_named")
        return attrs


class StateWanted(Chosen):
    """Cases, and the state that they are to be in."""

    state = ChoiceField(choices=CaseState.choices)

    def validate_state(self, state: str) -> CaseState:
        """Answer the state as the verb wants it."""
        return CaseState(state)


class TagWanted(Chosen):
    """Cases, and the tag that they are to have, or not."""

    tag = CharField(max_length=100)


class Edited(Serializer[Any]):
    """How many cases were changed, and the suite's version now."""

    changed = IntegerField()
    version = IntegerField()


_LINES: Final = {NDJSON: OpenApiTypes.STR}
_LINE: Final = orjson.dumps(EXAMPLE).decode() + "\n"


class CaseLines(Resource[Suite]):
    """A suite's cases as JSON lines."""

    room = "cases"
    queryset = Suite.objects.all()
    serializer_class = CasesTaken
    parameters: ClassVar = {"take": Strictness.names(), "send": AtVersion.names()}

    @contextmanager
    def prepared(self, request: Request) -> Iterator[None]:
        """Receive the lines first: an import holds the suite, and its transaction may not stand."""
        self.find_id(Suite, self.kwargs["suite_id"])  # where there is none, nothing is received
        with received_lines(request) as self._lines:
            yield

    @documented(
        parameters=[Strictness],
        request=_LINES,
        responses=CasesTaken,
        examples=[OpenApiExample("a line", _LINE, request_only=True, media_type=NDJSON)],
    )
    def take(self, request: Request, suite_id: UUID) -> Response:
        """Add or change many cases as one new version of the suite, once all of them came."""
        strict = asked(request, Strictness).get("strict", True)
        suite = self.find(Suite, suite_id)
        done = import_case_lines(self._lines, suite=suite, skip_bad=not strict, actor=request.user)
        told = {**done.cases._asdict(), "n_lost": done.bad}
        return Response({**told, "lost": [bad._asdict() for bad in done.first_bad]})

    @documented(
        parameters=[AtVersion],
        responses={(200, NDJSON): OpenApiResponse(OpenApiTypes.STR, "A case a line.")},
    )
    def send(self, request: Request, suite_id: UUID) -> StreamingHttpResponse:
        """Send a version's cases in every state, a line each, in order of key."""
        version = asked(request, AtVersion).get("version")
        suite = self.find(Suite, suite_id)
        require_version(suite, version)
        lines = export_cases(suite, version=version, actor=request.user)
        rows = (orjson.Fragment(line) for line in lines)
        return send_lines(rows, filename=f"{suite.name}.jsonl")


class CaseEdits(Resource[Suite]):
    """One thing changed about several cases, as one new version of their suite."""

    room = "cases"
    queryset = Suite.objects.all()
    serializer_class = Edited
    verbs: ClassVar = {"set_state": "change", "tag": "change", "untag": "change"}

    @documented(
        request=StateWanted,
        responses=Edited,
        examples=[
            OpenApiExample("retire", {"keys": ["2+2"], "state": "retired"}, request_only=True)
        ],
    )
    def set_state(self, request: Request, suite_id: UUID) -> Response:
        """Put cases into a state."""
        return self._edit(StateWanted, set_state)

    @documented(
        request=TagWanted,
        responses=Edited,
        examples=[OpenApiExample("tag", {"keys": ["2+2"], "tag": "smoke"}, request_only=True)],
    )
    def tag(self, request: Request, suite_id: UUID) -> Response:
        """Give cases a tag."""
        return self._edit(TagWanted, add_tag)

    @documented(
        request=TagWanted,
        responses=Edited,
        examples=[OpenApiExample("untag", {"keys": ["2+2"], "tag": "smoke"}, request_only=True)],
    )
    def untag(self, request: Request, suite_id: UUID) -> Response:
        """Take a tag from cases."""
        return self._edit(TagWanted, remove_tag)

    def _edit(self, wanted: type[Chosen], verb: Any) -> Response:
        fields = self.read(wanted)
        suite = self.find(Suite, self.kwargs["suite_id"])
        named = {name: fields.pop(name, []) for name in ("ids", "keys")}
        changed = verb(named_cases(suite, **named), **fields, actor=self.request.user)
        suite.refresh_from_db(fields=["version"])
        return Response({"changed": changed, "version": suite.version})


urlpatterns = [
    path(
        "suites/<uuid:suite_id>/cases/bulk",
        CaseLines.as_view({"post": "take"}, parser_classes=[JSONLines]),
        name="cases-bulk",
    ),
    path(
        "suites/<uuid:suite_id>/cases/export",
        CaseLines.as_view({"get": "send"}),
        name="cases-export",
    ),
    path(
        "suites/<uuid:suite_id>/cases/state",
        CaseEdits.as_view({"post": "set_state"}),
        name="cases-state",
    ),
    path("suites/<uuid:suite_id>/cases/tag", CaseEdits.as_view({"post": "tag"}), name="cases-tag"),
    path(
        "suites/<uuid:suite_id>/cases/untag",
        CaseEdits.as_view({"post": "untag"}),
        name="cases-untag",
    ),
]
