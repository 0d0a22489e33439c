#!/usr/bin/env python
"""evalsite's command line."""

import os
import sys

INTERRUPTED = 130


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
