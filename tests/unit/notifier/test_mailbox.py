"""Reports are read from a mailbox once each; what is none, or does harm, is set aside for a person."""

from collections.abc import Callable
from typing import Any

import pytest
from notifier.mail_reports.mailbox import Failed, Mailbox
from notifier.mail_reports.report_parser import LARGEST, MailReport
from notifier.mail_reports.worker import MailboxReader
from shared.storage.aggregates import VersionMiss

from tests.support.imap import PASSWORD, USER, ImapServer, an_imap_server
from tests.unit.notifier.test_mail_reports import undelivered

ASIDE = "Not reports"


class Taker:
    """Knows every mail; `fails` is asked first."""

    def __init__(self, fails: Callable[[], Exception | None] = lambda: None) -> None:
        self.taken: list[MailReport] = []
        self.fails = fails

    async def take(self, report: MailReport) -> bool:
        if error := self.fails():
            raise error
        self.taken.append(report)
        return True


def a_reader(imap: ImapServer, taker: Any, password: str = PASSWORD) -> MailboxReader:
    mailbox = Mailbox("127.0.0.1", imap.port, "none", USER, password, "INBOX", ASIDE)
    return MailboxReader(mailbox, taker, 60)


async def test_each_report_is_taken_once_and_anything_else_is_set_aside() -> None:
    letter, huge = b"From: a@b.example\r\n\r\nHello?\r\n", b"x" * (LARGEST + 1)
    taker = Taker()
    async with an_imap_server() as imap:
        for raw in (undelivered(), letter, huge, undelivered(status="5.2.2")):
            imap.deliver(raw)
        for _ in range(2):
            assert await a_reader(imap, taker).read_once() is False
        assert [report.says for report in taker.taken] == ["dead", "bounced"]
        assert imap.holds("INBOX") == []
        assert imap.holds(ASIDE) == [letter, huge]


async def test_a_report_over_which_its_reader_died_is_set_aside_unread() -> None:
    taker = Taker()
    async with an_imap_server() as imap:
        imap.deliver(undelivered(), "\\Seen")
        imap.deliver(undelivered())
        await a_reader(imap, taker).read_once()
        assert len(taker.taken) == 1
        assert imap.holds(ASIDE) == [undelivered()]


async def test_a_report_that_we_stumble_over_is_set_aside_and_the_next_one_is_taken() -> None:
    errors = [RuntimeError("a bug"), None]
    taker = Taker(lambda: errors.pop(0))
    async with an_imap_server() as imap:
        imap.deliver(undelivered())
        imap.deliver(undelivered(status="5.2.2"))
        await a_reader(imap, taker).read_once()
        assert [report.says for report in taker.taken] == ["bounced"]
        assert imap.holds(ASIDE) == [undelivered()]


async def test_an_outage_of_ours_is_no_fault_of_the_reports_and_it_is_read_again() -> None:
    errors = [VersionMiss("the database is away"), None]
    taker = Taker(lambda: errors.pop(0))
    async with an_imap_server() as imap:
        imap.deliver(undelivered())
        with pytest.raises(VersionMiss):
            await a_reader(imap, taker).read_once()
        assert imap.holds("INBOX") == [undelivered()]
        await a_reader(imap, taker).read_once()
        assert len(taker.taken) == 1
        assert imap.holds(ASIDE) == imap.holds("INBOX") == []


async def test_a_mailbox_that_lets_us_in_no_more_is_told_by_its_error_and_nothing_is_lost() -> None:
    taker = Taker()
    async with an_imap_server() as imap:
        imap.deliver(undelivered())
        with pytest.raises(Failed):
            await a_reader(imap, taker, "wrong").read_once()
        assert imap.holds("INBOX") == [undelivered()]
    with pytest.raises(Failed):
        await a_reader(imap, taker).read_once()
