"""How commands show things to people: plain tables on a page of 100 columns."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.table import Table

WIDTH: Final = 100
# A head that begins with this stands above figures, which stand to the right.
_RIGHT: Final = ">"
# No frame, and a rule below the heads: the corners and lines that rich asks for, row by row.
_RULED: Final = "    \n    \n -- \n" + 5 * "    \n"


def page(parts: Iterable[Any], *, colour: bool = False) -> str:
    """Answer the parts as text; a string may hold rich's markup."""
    from rich.console import Console

    text = StringIO()
    console = Console(file=text, highlight=False, force_terminal=colour, width=WIDTH)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines())


def table(*heads: str, caption: str = "") -> Table:
    """Answer an empty table without frames; a head written `>n` stands above figures."""
    from rich.box import Box
    from rich.table import Table

    made = Table(box=Box(_RULED, ascii=True), padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    made.caption = caption or None
    made.caption_justify = "left"
    for head in heads:
        made.add_column(head.removeprefix(_RIGHT), overflow="fold")
        made.columns[-1].justify = "right" if head.startswith(_RIGHT) else "left"
    return made


def add_row(into: Table, *cells: str) -> None:
    """Add a line whose cells are shown as they are: what strangers named is no markup."""
    from rich.text import Text

    into.add_row(*map(Text, cells))
