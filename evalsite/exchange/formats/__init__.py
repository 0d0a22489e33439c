"""Formats that others publish their cases and results in, each a module of its own."""
