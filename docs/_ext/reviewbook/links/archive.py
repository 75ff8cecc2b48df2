"""Copies at the Internet Archive: looked up through its availability API, and written into records.

https://archive.org/help/wayback_api.php describes the API. Only a copy that the archive itself says it holds, and that
was a page when it was made (status 200), is taken; none is made up from an address.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ..addresses import ARCHIVED, addresses_in, archived_page, same_page
from ..bib import Entry
from ..records import Record
from ..registry.web import Web
from ..whole_files import write_all


def page_of(entry: Entry, record: Record) -> str:
    """The page of a source without a DOI: its URL, or else where it was read; empty if it has neither."""
    if entry.fields.get("doi"):
        return ""
    read = (url for reading in record.read for url in addresses_in(reading.where))
    return entry.fields.get("url") or next(read, "")


def day_read(record: Record, page: str) -> str:
    """The day on which a page was read, as the archive wants it; empty if it was not noted."""
    days = [
        reading.when for reading in record.read if reading.when and page in map(str, addresses_in(reading.where))
    ] or [reading.when for reading in record.read if reading.when]
    return f"{max(days):%Y%m%d}" if days else ""


def look_up(page: str, day: str, web: Web) -> str:
    """The address of the archived copy of a page that is nearest to a day; empty if the archive holds none.

    Raises:
        Unreachable: if the archive does not answer.
    """
    params = {"url": page} | ({"timestamp": day} if day else {})
    said: Any = web.json(f"{web.addresses.archive}/available", params)
    try:
        copy = said["archived_snapshots"]["closest"]
        held = copy["available"] and str(copy["status"]) == "200"
        address = re.sub(r"^http:", "https:", str(copy["url"])).replace(":80/", "/")
    except (KeyError, TypeError):
        return ""
    same = same_page(archived_page(address)) == same_page(page)
    return address if held and same and re.fullmatch(ARCHIVED, address) else ""


def with_copy(text: str, address: str) -> str:
    """The text of a record with the field ``archived``, before ``read``; nothing else is changed.

    Raises:
        ValueError: if the record is written so that this cannot be done by adding a line.
    """
    before: dict[str, Any] = yaml.safe_load(text)
    found = re.search(r"(?m)^read:", text)
    if not found:
        raise ValueError("there is no line `read:` before which `archived` could be written")
    new = f"{text[: found.start()]}archived: {address}\n{text[found.start() :]}"
    if yaml.safe_load(new) != before | {"archived": address}:
        raise ValueError("the record is written in an unusual way; add `archived` by hand")
    return new


def write(path: Path, address: str) -> None:
    """Write the field into a record, in one step."""
    write_all({path: with_copy(path.read_text(encoding="utf-8"), address)})
