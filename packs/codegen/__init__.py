"""The pack `codegen`: a task in words against a program, which is run in the sandbox."""

from __future__ import annotations

from packs.codegen.pack import PACK

__all__ = ["PACK"]
