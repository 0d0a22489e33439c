"""The packs by name: the built-in ones and those of the entry-point group `evalsite.packs`."""

from __future__ import annotations

from typing import TypeGuard

from judges.registry import Registry
from packs.protocol import Pack, PackError

BUILTIN_PACKS = {
    "codegen": "packs.codegen:PACK",
    "exact": "packs.exact:PACK",
    "nl2api": "packs.nl2api:PACK",
    "rag": "packs.rag:PACK",
}


def _is_pack(value: object) -> TypeGuard[Pack]:
    return isinstance(value, Pack) and not isinstance(value, type)


PACKS: Registry[Pack] = Registry(
    kind="pack", builtins=BUILTIN_PACKS, fits=_is_pack, error=PackError
)
