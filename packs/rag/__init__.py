"""The pack `rag`: a question answered from retrieved contexts."""

from __future__ import annotations

from packs.rag.pack import PACK

__all__ = ["PACK"]
