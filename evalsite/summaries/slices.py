"""What a suite is cut by, as SQL that rows with tags, category and complexity are joined to."""

from __future__ import annotations


def slices_of(alias: str) -> str:
    """Answer a LATERAL join from rows of this alias to their slices, as `slice (kind, value)`."""
    return f"""
    CROSS JOIN LATERAL (
        SELECT 'all', ''
        UNION ALL SELECT 'category', {alias}.category WHERE {alias}.category <> ''
        UNION ALL SELECT 'complexity', {alias}.complexity::text
            WHERE {alias}.complexity IS NOT NULL
        UNION SELECT 'tag', unnest({alias}.tags)
    ) AS slice (kind, value)"""
