#!/usr/bin/env python
"""evalsite's command line."""

import atexit
import gc
import os
import sys

INTERRUPTED = 130
# Pydantic would look through all that is installed for plug-ins of its own.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# These stay until they are told to stop: garbage that lies there would look like a leak.
STAYING = {"coordinator", "flower", "serve"}
# Next to nothing of what a command imports is garbage: the search for it took a sixth of a start.
if STAYING.isdisjoint(sys.argv[1:2]):
    gc.set_threshold(300_000, 10, 10)
# Nor at its end, when all of it goes with the process: to take it apart took a third of `check`.
atexit.register(gc.freeze)


def main() -> None:
    """Run one management command, on embedded services unless others are configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    from evalsite.errors import EvalsiteError

    try:
        from evalsite.embedded.needed import needs_servers

        if needs_servers(sys.argv[1:]):
            from evalsite.embedded.ready import make_ready

            make_ready()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except EvalsiteError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
