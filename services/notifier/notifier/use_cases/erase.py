"""Forgetting a person: contacts, queued messages and the words written to them."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from notifier.repository import Contacts, Erasures, StoredContact

LOOK_EVERY_SECONDS = 5.0


class Eraser:
    def __init__(
        self,
        erasures: Erasures,
        contacts: Contacts,
        clock: Callable[[], datetime],
    ) -> None:
        self.erasures = erasures
        self.contacts = contacts
        self.clock = clock

    async def run(self) -> None:
        """Carry out what PersonErased asked for, for ever. Doing one twice does no harm."""
        while True:
            for submission_id in await self.erasures.due():
                await self.erase(submission_id)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def erase(self, submission_id: str) -> None:
        keys = await self.contacts.keys_of(submission_id)
        await self.contacts.store([StoredContact(key, None) for key in keys])
        await self.erasures.forget_author(submission_id, self.clock())
        await self.erasures.done(submission_id)
