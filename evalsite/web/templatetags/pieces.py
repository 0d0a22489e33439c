"""How the words that stay, go and come are written: struck through and underlined, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evalsite.diffs.words import GONE, NEW, SAME, Piece

register = template.Library()

_WRITTEN: Final = {SAME: "{}", GONE: "<del>{}</del>", NEW: "<ins>{}</ins>"}


@register.filter
def words(pieces: Iterable[Piece]) -> SafeString:
    """Write the pieces of a text as one."""
    written = ((format_html(_WRITTEN[piece.kind], piece.text),) for piece in pieces)
    return format_html_join("", "{}", written)
