from typing import Any

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "evalsite.pipeline"

    def ready(self) -> None:
        """Hear of completed runs: the targets' room knows nothing of this one."""
        from evalsite.targets.complete import run_completed

        run_completed.connect(_note_completed)


def _note_completed(sender: object, **details: Any) -> None:
    # Imported when the first run is completed: the loop knows the whole pipeline.
    from evalsite.pipeline.evaluate_due import note_completed

    note_completed(details["run"])
