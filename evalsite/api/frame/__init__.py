"""What every resource stands on: who may, errors, pages, bodies, streams."""

from evalsite.lean import without

__all__ = ["compat"]

# The framework takes them where they are there, for its own test client, pages and old schemas.
with without("requests"), without("pygments"), without("yaml"):
    from rest_framework import compat
