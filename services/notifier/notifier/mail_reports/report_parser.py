"""Parses reports about a mail: not delivered (RFC 3464), or reported by its reader (RFC 5965).

The Message-ID in the returned part identifies the notification; nobody who did not get the mail can guess it. Addresses
in a report are never trusted, because anybody can write to the mailbox for reports.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string, policy
from email.message import Message
from typing import Literal

from flufl.bounce import all_failures

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it tells every step, and repeats what it reads

LARGEST = 512 * 1024
MOST_LINES = 10_000
"""One of our mails that comes back has a few hundred; who writes half a million of them wants to keep us busy."""
MOST_PARTS = 50
MOST_IDS = 10

ID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RETURNED_ID = re.compile(rb"^[ \t>]*message-id:\s*<(" + ID + rb")@", re.IGNORECASE | re.MULTILINE)
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
NOBODY_THERE = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
"""Subject and detail of a permanent status (RFC 3463) that says so. Others, like a full mailbox or mail that looks like
spam, may be different next time."""

COMPLAINTS = ("abuse", "fraud", "other")
WISHES = ("opt-out", "opt-out-list")


class NotAReport(ValueError):
    """Nothing that says what became of a mail."""


@dataclass(frozen=True)
class MailReport:
    """`ids` are those that stand in what was returned; of them one at most is a notification's.

    `bounced`: not delivered, and not tried any more; `dead`: because nobody is there.
    """

    ids: tuple[str, ...]
    says: Literal["bounced", "dead", "delayed", "complained", "unsubscribed"]


def is_dead(answer: str) -> bool:
    """Whether an SMTP server's answer says that nobody is there."""
    status = STATUS.search(answer)
    return status is not None and status[1] == "5" and (int(status[2]), int(status[3])) in NOBODY_THERE


def read_report(raw: bytes) -> MailReport:
    """Raises NotAReport. What is cheap to see comes first, as anybody can write to where reports come in."""
    if len(raw.splitlines()) > MOST_LINES:
        raise NotAReport("too many lines")
    ids = tuple(dict.fromkeys(found.decode() for found in RETURNED_ID.findall(raw)))[:MOST_IDS]
    if not ids:
        raise NotAReport("about no mail of ours")
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        parts = list(_parts(message))
        says = _complaint(parts) or _delivery(parts) or _odd(message)
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise NotAReport("unreadable") from error
    if says is None:
        raise NotAReport("says nothing of a mail")
    return MailReport(ids, says)


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number == MOST_PARTS:
            return
        yield part


def _complaint(parts: list[Message]) -> Literal["complained", "unsubscribed"] | None:
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            kind = str(_fields(part)[0].get("Feedback-Type", "")).strip().lower()
            if kind in COMPLAINTS:
                return "complained"
            return "unsubscribed" if kind in WISHES else None
    return None


def _delivery(parts: list[Message]) -> Literal["bounced", "dead", "delayed"] | None:
    for part in parts:
        if part.get_content_type() != "message/delivery-status":
            continue
        for about in _fields(part):
            action = str(about.get("Action", "")).strip().lower()
            if action == "failed":
                statuses = f"{about.get('Status', '')} {about.get('Diagnostic-Code', '')}"
                dead = any(is_dead(found[0]) for found in STATUS.finditer(statuses))
                return "dead" if dead else "bounced"
            if action == "delayed":
                return "delayed"
    return None


def _odd(message: Message) -> Literal["dead", "delayed"] | None:
    """Servers that have forms of their own, as a library knows them."""
    later, never = all_failures(message)
    if never:
        return "dead"
    return "delayed" if later else None


def _fields(part: Message) -> list[Message]:
    """Groups of header-like lines: the parser makes messages of them, or leaves them as text."""
    content = part.get_payload()
    if isinstance(content, list):
        return [each for each in content if isinstance(each, Message)] or [Message()]
    return [message_from_string(group) for group in re.split(r"\r?\n\r?\n", str(content))]
