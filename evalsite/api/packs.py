"""Packs and judges: what can be tested here, and who can say how it went."""

from __future__ import annotations

from typing import Any, Final

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    FloatField,
    JSONField,
    ListField,
    Serializer,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from judges.protocol import VerdictError
from judges.registry import JUDGES
from packs.override import replaceable
from packs.prepare import prepare
from packs.registry import PACKS


class StageSerializer(Serializer[Any]):
    """One thing that is judged, as the pack's own options have it."""

    name = CharField()
    judge = CharField()
    lane = CharField(help_text="cpu, sandbox or model: where its work is done.")
    weight = FloatField()
    gate = BooleanField(help_text="Whether later stages are left out where it fails.")


class PackSerializer(Serializer[Any]):
    """A kind of test. Schemas are JSON Schema."""

    name = CharField()
    version = CharField(allow_blank=True)
    title = CharField(allow_blank=True)
    problem = CharField(allow_blank=True, help_text="Why it cannot be used as it is.")
    stages = StageSerializer(many=True)
    replaceable = ListField(child=CharField(), help_text="Stages that take another judge.")
    input_schema = DictField(child=JSONField())
    expected_schema = DictField(child=JSONField())
    output_schema = DictField(child=JSONField())
    options_schema = DictField(child=JSONField())


class PackList(Serializer[Any]):
    """All packs, by name."""

    results = PackSerializer(many=True)


class JudgeSerializer(Serializer[Any]):
    """A judge, and what it can be told."""

    name = CharField()
    version = CharField(allow_blank=True)
    lane = CharField(allow_blank=True)
    problem = CharField(allow_blank=True, help_text="Why it cannot be used.")
    options_schema = DictField(child=JSONField())


class JudgeList(Serializer[Any]):
    """All judges, by name."""

    results = JudgeSerializer(many=True)


class Plugins(Resource[Any]):
    """What is installed; the same for every tenant."""

    room = "cases"
    serializer_class = PackList

    @documented(responses=PackList)
    def packs(self, request: Request) -> Response:
        """List the packs, those of third parties among them."""
        return Response(PackList({"results": [_pack(name) for name in PACKS.names()]}).data)

    @documented(responses=JudgeList)
    def judges(self, request: Request) -> Response:
        """List the judges."""
        return Response(JudgeList({"results": [_judge(name) for name in JUDGES.names()]}).data)


_SCHEMAS: Final = ("Input", "Expected", "Output", "Options")


def _pack(name: str) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "problem": "", "stages": [], "replaceable": []}
    try:
        pack = PACKS.load(name).value
    except VerdictError as error:
        nothing: dict[str, Any] = {f"{kind.lower()}_schema": {} for kind in _SCHEMAS}
        return {**told, **nothing, "version": "", "title": "", "problem": str(error)}
    told |= {"version": pack.version, "title": pack.title, "replaceable": list(replaceable(pack))}
    for kind in _SCHEMAS:
        told[f"{kind.lower()}_schema"] = getattr(pack, kind).model_json_schema()
    try:
        return {**told, "stages": prepare(name).manifest()["stages"]}
    except VerdictError as error:
        return {**told, "problem": str(error)}


def _judge(name: str) -> dict[str, Any]:
    told = {"name": name, "version": "", "lane": "", "problem": "", "options_schema": {}}
    try:
        judge = JUDGES.load(name)
    except VerdictError as error:
        return {**told, "problem": str(error)}
    from judges.options import options_model

    schema = options_model(judge.value).model_json_schema()
    return {**told, "version": judge.version, "lane": judge.lane, "options_schema": schema}


urlpatterns = [
    path("packs", Plugins.as_view({"get": "packs"}), name="packs"),
    path("judges", Plugins.as_view({"get": "judges"}), name="judges"),
]
