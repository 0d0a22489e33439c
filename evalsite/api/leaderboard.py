"""The leaderboard of a suite: ranks with their intervals, and who is tied with whom."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    Serializer,
    URLField,
    UUIDField,
)
from rest_framework.utils.urls import replace_query_param

from evalsite.api.frame.asked import Asked, asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.named import suite_of
from evalsite.api.frame.resource import Resource
from evalsite.leaderboard.models import Kind, Metric, Reserve
from evalsite.leaderboard.queries import PAGE, Wanted, Way, boards_of, find_board, page
from evalsite.leaderboard.show import as_json

_OTHERS = 10
_MOST = 500


class StandingSerializer(Serializer[Any]):
    """A system on the board; its rank is that among all, and may be any of the interval's."""

    rank = IntegerField()
    rank_low = IntegerField(help_text="The best rank it may have.")
    rank_high = IntegerField(help_text="The worst.")
    is_compared = BooleanField(help_text="Pair by pair; else by its own interval.")
    ties = CharField(allow_null=True, help_text="Who shares a letter was not shown to differ.")
    name = CharField()
    run = CharField()
    target = CharField()
    client_type = CharField()
    client_version = CharField()
    batch = UUIDField()
    reserve = ChoiceField(choices=Reserve.choices, help_text="Why it is compared with no other.")
    pass_rate = FloatField(allow_null=True)
    pass_low = FloatField(allow_null=True)
    pass_high = FloatField(allow_null=True)
    mean_score = FloatField(allow_null=True)
    score_low = FloatField(allow_null=True)
    score_high = FloatField(allow_null=True)
    n = IntegerField()
    unscored = IntegerField()
    errored = IntegerField()
    latency_p50 = FloatField(allow_null=True)
    cost_usd = FloatField(allow_null=True)
    cost_known = IntegerField()


class OtherBoard(Serializer[Any]):
    """What the systems of a board have in common."""

    board = CharField(help_text="Its digest.")
    suite_version = IntegerField()
    pack = CharField()
    selection = DictField(help_text="Which cases; empty: all active ones.")


class BoardSerializer(OtherBoard):
    """A page of a board, the highest mean first."""

    suite = CharField()
    by = ChoiceField(choices=Kind.choices)
    metric = ChoiceField(choices=Metric.choices)
    ranked_at = DateTimeField(allow_null=True)
    is_stale = BooleanField(help_text="Batches came since; intervals and ties follow.")
    n = IntegerField(help_text="Systems with a rank.")
    n_without = IntegerField(help_text="Systems of which no case has a verdict.")
    others = OtherBoard(many=True, help_text="What this one cannot be compared with.")
    next = URLField(allow_null=True)
    results = StandingSerializer(many=True)


class BoardAsked(Asked):
    """Which board, and which systems of it."""

    suite = CharField(help_text="Its id or name.")
    by = ChoiceField(choices=Kind.choices, default=Kind.RUN)
    metric = ChoiceField(choices=Metric.choices, default=Metric.RATE)
    board = CharField(default="", max_length=64, help_text="How its digest begins; the newest.")
    target = CharField(default="", help_text="A target's name.")
    client_type = CharField(default="")
    client_version = CharField(default="")
    days = IntegerField(required=False, min_value=1, max_value=36_500, help_text="Begun since.")
    cursor = CharField(default="", help_text="As in `next`.")
    page_size = IntegerField(default=PAGE, min_value=1, max_value=_MOST)


class Leaderboard(Resource[Any]):
    """Who stands where."""

    room = "leaderboard"
    parameters = BoardAsked.names()
    serializer_class = BoardSerializer

    @documented(parameters=[BoardAsked])
    def show(self, request: Request) -> Response:
        """Tell a page of a suite's board."""
        ask = asked(request, BoardAsked)
        suite = suite_of(ask["suite"])
        way, board = Way(Kind(ask["by"]), Metric(ask["metric"])), find_board(suite, ask["board"])
        wanted = Wanted(ask["target"], ask["client_type"], ask["client_version"], ask.get("days"))
        found = page(board, way, wanted=wanted, after=ask["cursor"], limit=ask["page_size"])
        others = [other for other in boards_of(suite)[:_OTHERS] if other != board]
        head, *rows = as_json(board, way, found=found, others=others)
        told = {**head, "results": rows, "next": _next(request, cursor=found.next)}
        return Response(self.get_serializer(told).data)


def _next(request: Request, *, cursor: str) -> str | None:
    address: str = request.build_absolute_uri()
    return replace_query_param(address, "cursor", cursor) if cursor else None


urlpatterns = [path("leaderboard", Leaderboard.as_view({"get": "show"}), name="leaderboard")]
