"""What the framework before this one kept: its cases and scorecards, from files and tables."""
