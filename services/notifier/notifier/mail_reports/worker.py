"""Takes reports about our mail out of a mailbox: each once, and what is none is set aside for a person.

One process at a time reads it. A report that kills its reader is begun and not dropped: whoever comes next sets it
aside unread. An outage of ours is no fault of the report's: it is given back.
"""

import asyncio
import logging

from shared.messaging.consumer import is_outage

from notifier import metrics
from notifier.mail_reports.commands import MailReportHandler
from notifier.mail_reports.mailbox import Failed, Letter, Mailbox
from notifier.mail_reports.report_parser import LARGEST, NotAReport, read_report

logger = logging.getLogger(__name__)

TAKEN_TOGETHER = 100


class MailboxReader:
    def __init__(self, mailbox: Mailbox, taker: MailReportHandler, every_seconds: float) -> None:
        self.mailbox = mailbox
        self.taker = taker
        self.every_seconds = every_seconds

    async def run(self) -> None:
        """For ever, under a lease."""
        while True:
            try:
                more = await self.read_once()
            except Failed as error:
                metrics.MAILBOX.labels("not_read").inc()
                logger.warning("mailbox could not be read", extra={"why": type(error).__name__})
                more = False
            if not more:
                await asyncio.sleep(self.every_seconds)

    async def read_once(self) -> bool:
        """Whether there may be more at once."""
        try:
            await asyncio.to_thread(self.mailbox.open)
            letters = await asyncio.to_thread(self.mailbox.letters, TAKEN_TOGETHER)
            for letter in letters:
                await self._take(letter)
        finally:
            await asyncio.to_thread(self.mailbox.close)
        return len(letters) == TAKEN_TOGETHER

    async def _take(self, letter: Letter) -> None:
        try:
            is_ours = not letter.was_begun and letter.size <= LARGEST and await self._is_taken(letter)
        except Exception as error:
            if is_outage(error):
                await asyncio.to_thread(self.mailbox.give_back, letter)
                raise
            if isinstance(error, Failed):
                raise
            logger.exception("report could not be parsed")
            is_ours = False
        if is_ours:
            await asyncio.to_thread(self.mailbox.drop, letter)
        else:
            await asyncio.to_thread(self.mailbox.set_aside, letter)
        metrics.MAILBOX.labels("taken" if is_ours else "set_aside").inc()

    async def _is_taken(self, letter: Letter) -> bool:
        raw = await asyncio.to_thread(self.mailbox.read, letter)
        try:
            return await self.taker.take(await asyncio.to_thread(read_report, raw))
        except NotAReport:
            return False
