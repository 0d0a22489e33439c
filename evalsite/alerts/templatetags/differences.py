"""How differences are written: in mails with their own styles, on pages with the site's."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evalsite.alerts.diff import Line, plain
from evalsite.diffs.words import Piece

register = template.Library()

register.filter("plain_diff", plain)

_GONE = '<del class="gone" style="background:#fbe4e2;color:#8c1d18;">{}</del>'
_NEW = '<ins class="new" style="background:#dff3e4;color:#0f5a2a;">{}</ins>'
_IN_MAIL = {"same": "{}", "gone": _GONE, "new": _NEW}
_ON_PAGE = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}


@register.filter
def html_diff(lines: list[Line]) -> SafeString:
    """Write the lines for a mail: struck through and underlined, so that colour is no need."""
    return _html(lines, styles=_IN_MAIL)


@register.filter
def page_diff(lines: list[Line]) -> SafeString:
    """Write the lines for a page, styled by its stylesheet."""
    return _html(lines, styles=_ON_PAGE)


def _html(lines: list[Line], *, styles: dict[str, str]) -> SafeString:
    written = [(_path(line), _pieces(line.pieces, styles=styles)) for line in lines]
    return format_html_join(SafeString("<br>"), "{}{}", written)


def _path(line: Line) -> SafeString:
    return format_html("<code>{}</code>: ", line.path) if line.path else SafeString()


def _pieces(pieces: list[Piece], *, styles: dict[str, str]) -> SafeString:
    written = ((format_html(styles[piece.kind], piece.text),) for piece in pieces)
    return format_html_join("", "{}", written)
