"""`manage.py leaderboard SUITE`: which systems are best, and which are not shown to differ."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.cases.models import Suite
from evalsite.cases.queries import find_suite
from evalsite.leaderboard.models import Board, Kind, Metric
from evalsite.leaderboard.queries import PAGE, Wanted, Way, boards_of, find_board, page
from evalsite.leaderboard.rank import rank
from evalsite.leaderboard.show import as_json, as_text
from evalsite.leaderboard.stand import stand_all
from evalsite.tenants.command import TenantCommand, whole_number


class Command(TenantCommand):
    """Show a leaderboard."""

    help = "Show a suite's leaderboard: ranks with their intervals, and which systems are tied."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("suite", help="the suite's name")
        parser.add_argument("--by", choices=Kind.values, default=Kind.RUN, help="what is a system")
        parser.add_argument("--metric", choices=Metric.values, default=Metric.RATE)
        parser.add_argument("--board", default="", metavar="DIGEST", help="one of its boards")
        parser.add_argument("--target", default="", help="this system only")
        parser.add_argument("--client-type", default="")
        parser.add_argument("--client-version", default="")
        parser.add_argument("--days", type=whole_number, metavar="N", help="begun since then")
        parser.add_argument("--limit", type=whole_number, default=PAGE, metavar="N")
        parser.add_argument("--after", default="", metavar="CURSOR", help="the next page")
        parser.add_argument("--rebuild", action="store_true", help="from the batches, anew")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        suite, way = (
            find_suite(options["suite"]),
            Way(Kind(options["by"]), Metric(options["metric"])),
        )
        if options["rebuild"]:
            stand_all(suite)
        board = _ranked(suite, options["board"])
        names = ("target", "client_type", "client_version", "days")
        wanted = Wanted(**{name: options[name] for name in names})
        found = page(board, way, wanted=wanted, after=options["after"], limit=options["limit"])
        others = [other for other in boards_of(suite)[:10] if other != board]
        if options["json"]:
            for line in as_json(board, way, found=found, others=others):
                self.stdout.write(json.dumps(line))
            return
        colour = self.stdout.isatty()
        self.stdout.write(as_text(board, way, found=found, others=others, colour=colour))
        if not found.rows:
            self.stderr.write("No system fits.")
        if found.next:
            self.stderr.write(f"Go on with: --after {found.next}")


def _ranked(suite: Suite, digest: str) -> Board:
    """A board with nothing waiting: whoever asks here has the time to compare what came."""
    board = find_board(suite, digest)
    if rank(board.pk):
        board.refresh_from_db()
    return board
