"""Rate limits: filing, from one address and with one contact, and guessing secrets.

Counts live in this process's memory, see `shared.http.rate_limits`. Contacts are counted under a hash whose key is lost
with the process.
"""

import hashlib
import secrets
from collections.abc import Awaitable
from typing import cast

from fastapi import Request
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.rate_limits import Limit, address_of, uncount
from shared.operations.rates import Rate

from intake.filing.commands import Receipt
from intake.submissions.errors import Refused

KNOWN = (Role.CENTRAL, Role.ADMINISTRATOR, Role.OFFICER, Role.SUPERVISOR, Role.HEAD)
"""Officials import, and file for citizens at the counter, so they are not limited."""

Contacts = list[bytes]
"""The hashed contacts of one submission."""


class Throttle:
    def __init__(self, filings: Rate | None, hourly: Rate | None, daily: Rate | None, guesses: Rate | None) -> None:
        self._filings = Limit("filings", filings)
        self._by_contact = (Limit("contacts", hourly), Limit("contacts", daily))
        self._is_counted = hourly is not None
        self._guesses_from = Limit("guesses", guesses)
        self._guesses_at = Limit("guesses", guesses)
        self._key = secrets.token_bytes(32)

    def file(self, request: Request, caller: Caller | None) -> None:
        """Call before the body is read. Raises Problem 429."""
        if caller is not None and caller.has(*KNOWN):
            uncount(request)
            return
        address = address_of(request)
        if wait := self._filings.take(address):
            raise self._filings.refusal(
                address,
                wait,
                "Many submissions came from your address in a short time. Nothing was stored; please wait a moment "
                "and send it again.",
                "وصلت من عنوانك طلبات كثيرة في وقت قصير. لم يُحفظ شيء، يرجى الانتظار قليلًا ثم الإرسال من جديد.",
            )

    def follow(self, request: Request, email: str) -> None:
        """Call before a confirmation mail is sent, which counts like a filing. Raises Problem 429."""
        for limit, counted in (
            (self._filings, address_of(request)),
            *((one, self._hashed(email)) for one in self._by_contact),
        ):
            if wait := limit.take(counted):
                raise limit.refusal(
                    counted,
                    wait,
                    "There were many requests in a short time. Nothing was stored; please wait a moment and try again.",
                    "وصلت طلبات كثيرة في وقت قصير. لم يُحفظ شيء، يرجى الانتظار قليلًا ثم المحاولة من جديد.",
                )

    def contacts(self, caller: Caller | None, *given: str | None) -> Contacts:
        """Count the contacts of a submission before it is filed. Raises Problem 429."""
        if not self._is_counted or (caller is not None and caller.has(*KNOWN)):
            return []
        contacts: Contacts = []
        for contact in map(self._hashed, filter(None, given)):
            for limit in self._by_contact:
                if wait := limit.take(contact):
                    self._uncount(contacts)
                    raise limit.refusal(
                        contact,
                        wait,
                        "Many submissions were filed with this email address or phone number. Nothing was stored; "
                        "please wait, or file without it.",
                        "قُدّمت طلبات كثيرة بهذا البريد الإلكتروني أو رقم الهاتف. لم يُحفظ شيء، "
                        "يرجى الانتظار أو تقديم الطلب بدونه.",
                    )
            contacts.append(contact)
        return contacts

    async def counted(self, contacts: Contacts, filing: Awaitable[Receipt]) -> Receipt:
        """Await the receipt. Contacts are not counted where nothing new was stored."""
        try:
            receipt = await filing
        except Refused:
            self._uncount(contacts)
            raise
        if receipt.is_repeated:
            self._uncount(contacts)
        return receipt

    def _uncount(self, contacts: Contacts) -> None:
        for limit in self._by_contact:
            for contact in contacts:
                limit.give_back(contact)

    def guess(self, request: Request, reference: str) -> None:
        """Call before a secret is checked. Raises Problem 429.

        An address that never sent a wrong secret is let in, however many others try at this submission: attackers must
        not lock out its author.
        """
        address = address_of(request)
        wait = self._guesses_from.wait(address)
        if not wait and self._guesses_from.is_touched(address):
            wait = self._guesses_at.wait(reference)
        if wait:
            raise self._guesses_from.refusal(
                address,
                wait,
                "There were many wrong codes. Please wait some minutes and try again.",
                "أُدخلت رموز خاطئة كثيرة. يرجى الانتظار بضع دقائق ثم المحاولة من جديد.",
            )

    def missed(self, request: Request, reference: str) -> None:
        """Count a wrong secret or an unknown reference number."""
        self._guesses_from.take(address_of(request))
        self._guesses_at.take(reference)

    def _hashed(self, contact: str) -> bytes:
        """Hash a contact in a form that ignores spelling differences of one address or number."""
        plain = contact.casefold() if "@" in contact else "".join(filter(str.isdigit, contact))[-8:]
        return hashlib.blake2b(plain.encode(), key=self._key, digest_size=16).digest()


def throttle_of(request: Request) -> Throttle:
    return cast(Throttle, request.app.state.throttle)
