"""How times are written: the same everywhere, whatever the language."""
