"""Make a pack ready to score: its options checked, its stages and judges resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packs.protocol import Pack, PackError, Stage
from packs.registry import PACKS
from packs.validate import check_model

if TYPE_CHECKING:
    from packs.evaluator import Evaluator


def prepare(pack_name: str, options: dict[str, Any] | None = None) -> Evaluator:
    """Validate a pack's options and resolve its stages and judges, once for a batch.

    Raises PackError or JudgeError: `pack_unknown`, `options_invalid`, `judge_unknown`, ...
    """
    return prepare_pack(PACKS.load(pack_name).value, options)


def prepare_pack(pack: Pack, options: dict[str, Any] | None = None) -> Evaluator:
    """Do what prepare does for a pack at hand, which need not be installed."""
    from packs.evaluator import Evaluator

    checked = check_model(pack.Options, options or {}, at="options")
    stages = pack.stages(checked)
    _check_stages(pack, stages)
    judges = {stage.name: pack.judge_of(stage, checked) for stage in stages}
    return Evaluator(pack, options=checked.model_dump(mode="json"), stages=stages, judges=judges)


def _check_stages(pack: Pack, stages: tuple[Stage, ...]) -> None:
    names = [stage.name for stage in stages]
    if not names or len(set(names)) < len(names) or any(stage.weight <= 0 for stage in stages):
        raise PackError(
            f"The stages of pack {pack.name!r} are not usable: {', '.join(names) or 'none'}",
            code="pack_broken",
            hint="A pack needs at least one stage, names used once, and weights above 0.",
        )
