"""The commands of `python -m evalsite_client`, a module each."""
