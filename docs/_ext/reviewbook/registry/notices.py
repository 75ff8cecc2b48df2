"""What becomes of a work after it was published: retractions, corrections, expressions of concern."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from ..days import spoken
from ..records import Status

SEVERITY = (Status.OK, Status.CORRECTED, Status.CONCERN, Status.RETRACTED)
"""From the mildest to the gravest."""


class Notice(NamedTuple):
    """A notice on a work.

    Attributes:
        status: what it makes of the work; ``ok`` for a reinstatement, which takes a retraction back.
        what: the registry's word for it, such as ``Retraction``.
        registry: who knows of it.
        doi: the notice's own DOI; empty where none is known.
        day: its day; None where it is not known.
    """

    status: Status
    what: str
    registry: str
    doi: str = ""
    day: datetime.date | None = None

    @property
    def words(self) -> str:
        """The notice as a phrase: ``Retraction of 31 March 2026, doi 10.1000/x, according to Crossref``."""
        day = f" of {spoken(self.day)}" if self.day else ""
        doi = f", doi {self.doi}" if self.doi else ""
        return f"{self.what}{day}{doi}, according to {self.registry}"


def standing(notices: Iterable[Notice]) -> Status:
    """How a work stands after all notices: the gravest counts, but a retraction that was taken back does not."""
    notices = tuple(notices)
    back = max((notice.day for notice in notices if notice.status is Status.OK and notice.day), default=None)
    counted = [
        notice.status
        for notice in notices
        if not (notice.status is Status.RETRACTED and back and notice.day and notice.day <= back)
    ]
    return max(counted, key=SEVERITY.index, default=Status.OK)


def gravest_first(notices: Iterable[Notice]) -> list[Notice]:
    """Notices from the gravest, each once: two registries may know the same one."""
    once = {(notice.status, notice.doi.casefold() or notice.day): notice for notice in reversed(tuple(notices))}
    return sorted(
        once.values(), key=lambda n: (-SEVERITY.index(n.status), n.day or datetime.date.min, n.doi, n.registry)
    )


def is_graver(one: Status, other: Status) -> bool:
    """Whether a status is graver than another."""
    return SEVERITY.index(one) > SEVERITY.index(other)
