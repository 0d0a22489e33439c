"""The fence around text that a model shall judge and not obey.

Its mark is a keyed hash over the whole request, the fenced text included. So the same request has
the same mark, and a cached reply still fits, while nobody without the secret can write a text that
holds its own mark: any change of the text changes the mark.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters
from typing import Final

_MARK_DIGITS: Final = 16
# A secret of this process, for library mode; a deployment gives its own (see sealed_with).
_OWN: Final = secrets.token_bytes(32)
_secret: ContextVar[bytes] = ContextVar("secret", default=_OWN)

_LINE_END = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# What a person does not see: controls, zero widths, fillers, directions, tags, variation selectors
# beyond those of emoji. The joiners that scripts and emoji need (U+200C, U+200D) stay.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e"
    "\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_HALF = re.compile("[\ud800-\udfff]")
_BRACKETS = str.maketrans("\u27e6\u27e7\u301a\u301b", "[][]")
# Wide, small and upright forms, which tokenizers that normalise (NFKC) read as the plain ones.
_WIDE = "<>[]/|_" + ascii_letters
_FORMS = str.maketrans("\ufe64\ufe65\ufe47\ufe48", "<>[]")
_PLAIN = _BRACKETS | _FORMS | {ord(plain) + 0xFEE0: plain for plain in _WIDE}
# Tokens of chat templates, which some servers obey wherever they stand, and tags named like parts
# of a prompt.
_TAG = re.compile(
    r"<(?=[|\uff5c])|(?<=[|\uff5c])>"
    r"|<(?=/?(?:s|bos|eos|pad|unk|think|(?:start|end)_of_turn|<?/?sys>?|system|user|assistant|human"
    r"|instructions?|input|question|expected|answer|output|candidate|verdict|data|tool|function)\b)"
    r"|\[(?=/?(?:inst|sys|system)\])",
    re.IGNORECASE,
)
_IMITATION = re.compile(
    r"^(?=[^\w\n]*(?:[0-9a-f]{6,64}\b[^\w\n]+)?(?:begin|start|end|close)\b[^\n]{0,20}"
    r"\b(?:input|question|expected|answer|output\w*|candidate|data|text|verdict|fence)\b[^\w\n]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_FENCED = re.compile(r"^\u27e6(\w+) begin (\w+)\u27e7\n(.*?)\n\u27e6\1 end \2\u27e7$", re.S | re.M)


@dataclass(frozen=True, slots=True)
class Fence:
    """The mark that divides the data of one call, and the id that its verdict must repeat."""

    mark: str
    verdict_id: str

    @classmethod
    def of(cls, key: str) -> Fence:
        """Derive the fence of a request from its key, which covers all that the fence encloses."""
        return cls(_derived("fence", key), _derived("verdict", key))

    def around(self, name: str, text: str) -> str:
        """Put a text between two lines with the mark; all that looks like a fence is rewritten."""
        inside = without_fences(text)
        return f"\u27e6{self.mark} begin {name}\u27e7\n{inside}\n\u27e6{self.mark} end {name}\u27e7"


@contextmanager
def sealed_with(secret: bytes) -> Iterator[None]:
    """Derive the fences inside the block from a secret that all workers of a deployment share.

    Raises ValueError for a secret of no bytes, or of more than 64.
    """
    if not 1 <= len(secret) <= hashlib.blake2b.MAX_KEY_SIZE:
        raise ValueError(f"a secret has 1 to 64 bytes, not {len(secret)}")
    token = _secret.set(secret)
    try:
        yield
    finally:
        _secret.reset(token)


def seal() -> str:
    """Name the secret without telling it: a reply that was cached under another one never fits."""
    return _digest(_secret.get(), "seal:")


def visible(text: str) -> str:
    """Give a text without what a person does not see, with plain line ends, fit to be stored."""
    if text.isascii() and text.isprintable():
        return text
    return _HALF.sub("\ufffd", _HIDDEN.sub("", _LINE_END.sub("\n", text)))


@lru_cache(maxsize=32)  # for the votes, orders and repairs that show one text again
def without_fences(text: str) -> str:
    """Rewrite all that could be taken for a fence, a template's token or a part of the prompt."""
    plain = visible(text)
    if not plain.isascii():
        plain = plain.translate(_PLAIN)
    if any(map(plain.__contains__, "<>[")):
        plain = _TAG.sub(lambda found: {"<": "\u2039", ">": "\u203a"}.get(found[0], "("), plain)
    return _IMITATION.sub("(quoted) ", plain)


def fenced(message: str) -> dict[str, str]:
    """Read the pieces of a fenced message back, by name."""
    return {name: text for _mark, name, text in _FENCED.findall(message)}


def _derived(purpose: str, key: str) -> str:
    return _digest(_secret.get(), f"{purpose}:{key}")


def _digest(secret: bytes, text: str) -> str:
    size = _MARK_DIGITS // 2
    return hashlib.blake2b(text.encode(), key=secret, digest_size=size).hexdigest()
