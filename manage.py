#!/usr/bin/env python
"""evalsite's command line."""

import os
import sys


def main() -> None:
    """Run one management command, on embedded services unless others are configured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
