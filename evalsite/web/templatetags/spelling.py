"""How differences are written on a case's page: with a sign, so that colour is no need."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evalsite.diffs.words import GONE, NEW, Piece

register = template.Library()

_WRITTEN = {
    GONE: '<del><span class="sign">&minus;</span>{}</del>',
    NEW: '<ins><span class="sign">+</span>{}</ins>',
}


@register.filter
def signed(pieces: Iterable[Piece]) -> SafeString:
    """Write pieces, each that goes or comes marked by its sign."""
    written = ((format_html(_WRITTEN.get(piece.kind, "{}"), piece.text),) for piece in pieces)
    return format_html_join("", "{}", written)
