"""What Sphinx's link check says of an address, judged: good, bad, or unknown.

Bad is only what the server itself says is not there (404, 410), a page that lacks the anchor, and the name of a host that
does not exist. What refuses robots (401, 403, 429), is in trouble (5xx), too slow, cut off or has a certificate
that cannot be trusted may well be there for a reader; nobody knows. A deep address that leads to the front page
of a site has most likely lost its page, but that too only a reader can tell.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .model import Answer, Outcome

GONE = frozenset({404, 410})
PERMANENT = frozenset({301, 308})

TOO_SLOW = "too slow"
NOT_LOOKED_UP = "the name of the host could not be looked up"
NO_CONNECTION = "no connection"

_STATUS = re.compile(r"(\d{3}) (?:Client|Server) Error: (.*?) for url: ", re.DOTALL)
_NO_SUCH_NAME = re.compile(
    r"Name or service not known|nodename nor servname|No address associated with hostname|getaddrinfo failed|\[Errno -[25]\]"
)


def was_reached(answer: Answer) -> bool:
    """Whether the server said anything at all."""
    return answer.why not in (TOO_SLOW, NOT_LOOKED_UP, NO_CONNECTION)


def is_nameless(message: str) -> bool:
    """Whether an address could not be visited because no host has that name."""
    return bool(_NO_SUCH_NAME.search(message))


def of_nameless(reached: bool) -> Answer:
    """What that means: without a network no name is known, so it counts only if another host was reached."""
    why = "no host has this name"
    return Answer(Outcome.BAD, why) if reached else Answer(Outcome.UNKNOWN, f"{why}, but no other was reached either")


def of(status: str, message: str, code: int, address: str) -> Answer:
    """The outcome of a visit.

    Args:
        status: Sphinx's word for it, such as ``broken``.
        message: what it adds: the error, or where a redirection leads.
        code: the HTTP status of a redirection.
        address: what was visited.
    """
    if status == "working":
        return Answer(Outcome.GOOD)
    if status == "redirected":
        return _moved(message, code, address)
    if status == "timeout":
        return Answer(Outcome.UNKNOWN, TOO_SLOW)
    if status == "broken":
        return _broken(message)
    return Answer(Outcome.UNKNOWN, message or "excluded in conf.py")


def _moved(target: str, code: int, address: str) -> Answer:
    before, after = urlsplit(address), urlsplit(target)
    if before.path.strip("/") and not after.path.strip("/") and not after.query:
        return Answer(Outcome.UNKNOWN, f"leads to the front page {target}")
    if code in PERMANENT:
        return Answer(Outcome.GOOD, f"moved for good to {target}", target)
    return Answer(Outcome.GOOD, f"redirected to {target}" if target else "")


def _broken(message: str) -> Answer:
    if match := _STATUS.search(message):
        code, reason = int(match[1]), match[2]
        return Answer(Outcome.BAD if code in GONE else Outcome.UNKNOWN, f"{code} {reason}".strip())
    if message.startswith("Anchor"):
        return Answer(Outcome.BAD, "the page is there, but not the anchor")
    if message == "unauthorized":
        return Answer(Outcome.UNKNOWN, "401 Unauthorized")
    if re.search(r"SSL|certificate", message):
        return Answer(Outcome.UNKNOWN, "its certificate cannot be trusted")
    if re.search(r"Exceeded \d+ redirects", message):
        return Answer(Outcome.UNKNOWN, "redirected in a circle")
    if re.search(r"Read timed out|timed out", message):
        return Answer(Outcome.UNKNOWN, TOO_SLOW)
    if re.search(r"resolve|name resolution", message):
        return Answer(Outcome.UNKNOWN, NOT_LOOKED_UP)
    return Answer(Outcome.UNKNOWN, NO_CONNECTION)
