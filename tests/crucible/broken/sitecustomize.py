"""Python runs this at the start of each process that has this folder on its PYTHONPATH.

It breaks the product as CRUCIBLE_BROKEN says: only the crucible sets either.
"""

import os

if NAME := os.environ.get("CRUCIBLE_BROKEN"):
    try:
        from tests.crucible.broken.break_in import break_in
        from tests.crucible.broken.builds import BUILDS

        break_in(BUILDS[NAME])
    except Exception as error:
        # Python would report an exception of this module and go on, with a product that is whole.
        raise SystemExit(f"the broken build {NAME!r} cannot be made: {error!r}") from error
