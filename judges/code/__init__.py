"""Judging programs: they run in the sandbox, and their verdicts are made outside it."""
