"""Sends requests to intake and says what became of each.

A busy or absent service is waited for; the Idempotency-Key makes every repetition harmless. What the service refuses
for good is that row's own affair; what it would refuse for every row ends the import.
"""

import asyncio
import random
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import orjson

from tawasul.importing.bearer import Bearer
from tawasul.importing.conversion import Request
from tawasul.importing.ledger import ACCEPTED, Outcome, Verdict
from tawasul.importing.refusal import CannotImport

SUBMISSIONS = "/api/intake/v1/submissions"
DESCRIPTION = "/api/intake/v1/openapi.json"

BUSY = frozenset({408, 425, 429, 502, 503, 504})
OF_EVERY_ROW = {
    403: "this account may not import: it takes the role administrator or central",
    404: "there is no intake at this address",
    405: "there is no intake at this address",
}
REQUEST_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LONGEST_RETRY_AFTER_SECONDS = 60.0
FAULTS_OF_THE_SERVICE = 5
"""How often one row may meet an error of the service before it is set aside as failed."""


class Sender:
    """`patience`: seconds without any answer after which it gives up with CannotImport."""

    def __init__(self, http: aiohttp.ClientSession, url: str, bearer: Bearer, patience: float) -> None:
        self.waiting_for = ""
        """Why nothing moves at the moment; empty when it does."""
        self._http = http
        self._url = url.rstrip("/")
        self._bearer = bearer
        self._patience = patience
        self._heard = asyncio.get_running_loop().time()

    async def time_of_service(self) -> datetime:
        """Wait until the service answers, and read its clock; this machine's where its answers carry none.

        Raises CannotImport where something else answers.
        """
        attempt = 0
        while True:
            status, headers, _ = await self._ask("GET", DESCRIPTION, b"", {})
            if status == 200:
                date = headers.get("Date")
                return parsedate_to_datetime(date) if date else _this_millisecond()
            if status and status not in BUSY:
                raise CannotImport(f"{self._url} answers {status}: {OF_EVERY_ROW[404]}")
            await self._pause(attempt, headers)
            attempt += 1

    async def file(self, request: Request, began: datetime) -> Verdict:
        """Return when the service has decided. What it received before `began` was filed before.

        Raises CannotImport where every other row would be refused as well.
        """
        attempt = faults = 0
        refused = ""
        while True:
            token = self._bearer.token
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(request.key),
            }
            status, answer_headers, content = await self._ask("POST", SUBMISSIONS, request.body, headers)
            if status in (200, 201):
                return _receipt(content, began)
            if status == 401:
                if token == refused:
                    raise CannotImport(f"{self._url} accepts none of our sign-ins: is it the provider's own service?")
                await self._bearer.renew(refused=token)
                refused = self._bearer.token
                continue
            if status in OF_EVERY_ROW or 300 <= status < 400:
                raise CannotImport(
                    f"{self._url} answers {status}: {OF_EVERY_ROW.get(status, 'the address leads elsewhere')}"
                )
            if status >= 500 and status not in BUSY:
                faults += 1
                if faults >= FAULTS_OF_THE_SERVICE:
                    return Verdict(Outcome.FAILED, f"error of the service: {status}, {faults} times")
            elif status and status not in BUSY:
                return Verdict(Outcome.REJECTED, _reason(status, content))
            await self._pause(attempt, answer_headers)
            attempt += 1

    async def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer; status 0 without one."""
        try:
            async with self._http.request(
                method, self._url + path, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except (aiohttp.InvalidURL, ssl.SSLError, aiohttp.ClientSSLError) as error:
            raise CannotImport(f"{self._url} cannot be asked: {error}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._note_silence(f"no answer ({type(error).__name__})")
            return 0, {}, b""
        if answer.status in BUSY:
            self._note_silence(f"busy ({answer.status})")
        else:
            self.waiting_for = ""
            self._heard = asyncio.get_running_loop().time()
        return answer.status, answer.headers, content

    def _note_silence(self, why: str) -> None:
        self.waiting_for = why
        silent_for = asyncio.get_running_loop().time() - self._heard
        if silent_for > self._patience:
            raise CannotImport(f"{self._url} has not taken anything for {silent_for:.0f} s: {why}")

    async def _pause(self, attempt: int, headers: Mapping[str, str]) -> None:
        """As long as the service asked for, otherwise longer each time. Each waiting row holds its place among those
        under way, so a busy service is asked less."""
        asked = headers.get("Retry-After", "")
        if asked.isascii() and asked.isdecimal():
            seconds = min(float(asked), LONGEST_RETRY_AFTER_SECONDS)
        else:
            seconds = min(FIRST_PAUSE_SECONDS * 2.0 ** min(attempt, 10), LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(seconds * random.uniform(1, 1.25))


def _this_millisecond() -> datetime:
    """Receipts are no finer; a moment later than it would make a new row look old."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1_000 * 1_000)


def _receipt(content: bytes, began: datetime) -> Verdict:
    received = datetime.fromisoformat(orjson.loads(content)["received_at"])
    return ACCEPTED if received >= began else Verdict(Outcome.REPEATED)


def _reason(status: int, content: bytes) -> str:
    """`kind of fault: particulars` from a problem document, or from whatever came in its place."""
    try:
        problem: dict[str, Any] = orjson.loads(content)
        if str(problem.get("type", "")).endswith("idempotency-key-reused"):
            return "filed before with other content: the row or the mapping has changed since"
        faults = "; ".join(f"{fault['field']}: {fault['message']}" for fault in problem.get("errors", []))
        return f"refused by the service: {status}, {faults or problem['detail']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"refused by the service: {status}"
