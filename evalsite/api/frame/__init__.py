"""What every resource stands on: who may, errors, pages, bodies, streams."""
