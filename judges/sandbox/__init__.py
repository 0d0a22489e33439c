"""Where code that nobody trusts is run: strictly, or not at all. See docs/sandbox.md."""
