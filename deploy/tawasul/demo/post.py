"""Reads the mailbox as it fills: who was told of what, and which mails ask to confirm an address."""

import asyncio
import re
from collections import defaultdict
from pathlib import Path

from tawasul.mailbox import mails

REFERENCE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b")
CONFIRMATION = re.compile(rf"https?://\S+/track/({REFERENCE.pattern})/confirm/[^\s\"]+")


class Post:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = max((file.name for file in folder.glob("[0-9]*.eml")), default="")
        self._told: dict[str, set[str]] = defaultdict(set)
        self._confirmations: dict[str, str] = {}

    async def watch(self, every: float = 0.2) -> None:
        """Until cancelled."""
        while True:
            await asyncio.to_thread(self.read)
            await asyncio.sleep(every)

    def read(self) -> None:
        """Take in the mails that came since the last time, or since this was made."""
        for name, mail in mails(self._folder, after=self._last):
            for reference in set(REFERENCE.findall(f"{mail.subject}\n{mail.text}")):
                self._told[reference].update(mail.recipients)
            for link in CONFIRMATION.finditer(mail.text):
                self._confirmations[link[1]] = link[0]
            self._last = name

    def told(self, reference: str) -> frozenset[str]:
        """Addresses that were written to about this submission."""
        return frozenset(self._told[reference])

    def confirmation(self, reference: str) -> str | None:
        """The link by which its author confirms the address, once the mail with it is there."""
        return self._confirmations.get(reference)
