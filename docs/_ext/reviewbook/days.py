"""Days as the book writes them."""

from __future__ import annotations

import datetime


def spoken(day: datetime.date) -> str:
    """A day in words: 25 November 2026."""
    return f"{day.day} {day:%B %Y}"
