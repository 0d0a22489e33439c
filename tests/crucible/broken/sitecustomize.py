"""Python runs this at the start of each process that has this folder on its PYTHONPATH.

It breaks the product as CRUCIBLE_BROKEN says: only the crucible sets either. And it lets a process
sleep whose clock is not the world's.
"""

import os
import select
import time

if "FAKETIME" in os.environ:
    # libfaketime refuses what Python sleeps by, a time of the clock that it leaves alone; each
    # sleep would end at once with EINVAL.
    time.sleep = lambda seconds, /: (select.select((), (), (), float(seconds)), None)[1]

if NAME := os.environ.get("CRUCIBLE_BROKEN"):
    try:
        from tests.crucible.broken.break_in import break_in
        from tests.crucible.broken.builds import BUILDS

        break_in(BUILDS[NAME])
    except Exception as error:
        # Python would report an exception of this module and go on, with a product that is whole.
        raise SystemExit(f"the broken build {NAME!r} cannot be made: {error!r}") from error
