"""The access token that an import presents, and a fresh one when it has expired."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2

from tawasul.importing.refusal import CannotImport
from tawasul.sign_in import SignInRefused, sign_in


class Bearer:
    """`fetch` gives a token; it is asked again when the service refuses the one it gave."""

    def __init__(self, fetch: Callable[[], Awaitable[str]], advice: str) -> None:
        self._fetch = fetch
        self._advice = advice
        self._lock = asyncio.Lock()
        self.token = ""

    async def renew(self, refused: str = "") -> None:
        """Have another token than the refused one. Raises CannotImport where there is none."""
        async with self._lock:
            if self.token != refused:
                return  # many requests were refused at once; the first of them has renewed it
            self.token = await self._fetch()
            if self.token == refused:
                raise CannotImport(f"the access token is not accepted, or no longer: {self._advice}")

    @property
    def account(self) -> str:
        """The subject it speaks for, unchecked (the service checks it); empty for a token that does not tell."""
        try:
            payload = self.token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return str(claims["sub"])
        except (IndexError, KeyError, TypeError, ValueError):
            return ""


def from_file(path: Path) -> Bearer:
    """A long import needs more than one token: whoever renews the file keeps it going."""

    async def _fetch() -> str:
        return _read(path)

    return Bearer(_fetch, f"put a fresh one into {path}")


def _read(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise CannotImport(f"the token file {path} cannot be read: {error.strerror}") from error
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise CannotImport(f"the token file {path} must hold an access token and nothing else")
    return token


def from_local_stack(issuer: str, subject: str) -> Bearer:
    async def _fetch() -> str:
        try:
            return await sign_in(issuer, subject)
        except (httpx2.HTTPError, SignInRefused) as error:
            raise CannotImport(
                f"nobody signs “{subject}” in at {issuer}: start the local stack (`make up`) or give --token-file"
            ) from error

    return Bearer(_fetch, f"{issuer} does not sign for this service")
