"""Judge versions: a judge with all that fixes its verdict, as batches have frozen it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from evalsite.trust.configuration import PLACES, Configuration

SHORT: Final = 8
_PROMPTS: Final = {"rubric": "prompt"}
_CALLED: Final = {"version": "the judge's own version", "places": "the endpoint or its model"}


class Key(NamedTuple):
    """By what a judge version is known: the hash, and the stage that it judges."""

    digest: str
    stage: str


class JudgeVersion(NamedTuple):
    """One judge of one stage: name, version, options, prompt's hash, and where it asks what model.

    Change one character of any of these, and it is another. `asks_model` is of its lane.
    """

    stage: str
    configuration: Configuration
    asks_model: bool

    @property
    def key(self) -> Key:
        """By what it is known."""
        return Key(self.configuration.digest, self.stage)

    @property
    def judge(self) -> str:
        """The judge's name."""
        return self.configuration.judge

    def __str__(self) -> str:
        return f"{self.judge} of stage {self.stage} ({self.key.digest[:SHORT]})"


def judges_of(manifest: Mapping[str, Any]) -> Iterator[JudgeVersion]:
    """Yield the judge version of each stage of a batch's manifest."""
    places = manifest.get(PLACES, {})
    for stage in manifest["stages"]:
        material = {
            "judge": stage.get("judge", ""),
            "version": stage.get("judge_version", ""),
            "options": stage.get("judge_options", {}),
            "pins": stage.get("judge_pins", {}),
            "places": places.get(stage["name"], {}),
        }
        frozen = Configuration(material["judge"], material)
        yield JudgeVersion(stage["name"], frozen, asks_model=stage.get("lane") == "model")


def changed(before: JudgeVersion, now: JudgeVersion) -> list[str]:
    """Name what makes one version another, as people call it; nothing for the same."""
    old, new = before.configuration.material, now.configuration.material
    called = [
        f"the {_PROMPTS.get(name, name)}"
        for part in ("pins", "options")
        for name in sorted({*old[part], *new[part]})
        if old[part].get(name) != new[part].get(name)
    ]
    called += [called for part, called in _CALLED.items() if old[part] != new[part]]
    return list(dict.fromkeys(called))
