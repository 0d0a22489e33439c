#!/usr/bin/env python
"""evalsite's command line."""

import atexit
import gc
import os
import sys

INTERRUPTED = 130
# Next to nothing of what a command imports is garbage: the search for it took a sixth of a start.
gc.set_threshold(300_000, 10, 10)
# Nor at its end, when all of it goes with the process: to take it apart took a third of `check`.
atexit.register(gc.freeze)


def main() -> None:
    """Run one management command, on embedded services unless others are configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    from evalsite.errors import EvalsiteError

    try:
        from evalsite.embedded.ready import make_ready, needs_servers

        if needs_servers(sys.argv[1:]):
            make_ready()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except EvalsiteError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
