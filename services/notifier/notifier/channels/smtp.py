"""Kept SMTP connections, and what a server's answers mean."""

import asyncio
import contextlib
import ssl
from typing import Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from notifier.channels import GiveUp, RetryLater, Unavailable
from notifier.mail_reports.report_parser import is_dead

SERVICE_CLOSING = 421
QUIT_SECONDS = 2.0


class Connections:
    """As many as are used at once; each is kept for the next mail, and a dead one is replaced."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: Literal["none", "starttls", "tls"],
        username: str | None,
        password: str | None,
        ca_file: str | None,
        local_hostname: str,
        timeout: float,
    ) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.username = username
        self.password = password
        self.local_hostname = local_hostname
        self.timeout = timeout
        self._tls_context: ssl.SSLContext | None = None
        if tls != "none":
            self._tls_context = ssl.create_default_context()
            if ca_file:
                self._tls_context.load_verify_locations(ca_file)
        self._idle: list[SMTP] = []

    async def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        """Raises RetryLater, GiveUp or Unavailable."""
        client = self._kept()
        if client is not None:
            try:
                await self._mail(client, sender)
            except (SMTPException, OSError):
                # Servers close what was idle or has carried enough; only a fresh connection tells more.
                client.close()
                client = None
        if client is None:
            client = await self._connect()
            await self._begin(client, sender)
        await self._finish(client, recipient, data)
        self._idle.append(client)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_quit(client) for client in idle))

    def _kept(self) -> SMTP | None:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client
        return None

    async def _connect(self) -> SMTP:
        client = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            local_hostname=self.local_hostname,
            timeout=self.timeout,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=self._tls_context,
        )
        try:
            await client.connect()
            await client.ehlo()
        except (SMTPException, OSError) as error:
            client.close()
            raise Unavailable(_name(error)) from error
        return client

    async def _mail(self, client: SMTP, sender: str) -> None:
        # One timer for a whole exchange: the library's own, one for each answer, are a third of its cost.
        async with asyncio.timeout(self.timeout):
            await client.mail(sender, timeout=None)

    async def _begin(self, client: SMTP, sender: str) -> None:
        try:
            await self._mail(client, sender)
        except SMTPResponseException as error:
            client.close()
            if error.code == SERVICE_CLOSING:
                raise Unavailable(_name(error)) from error
            raise RetryLater(_name(error)) from error  # a refused sender is our trouble, not the recipient's
        except (SMTPException, OSError) as error:
            client.close()
            raise Unavailable(_name(error)) from error

    async def _finish(self, client: SMTP, recipient: str, data: bytes) -> None:
        try:
            async with asyncio.timeout(self.timeout):
                await client.rcpt(recipient, timeout=None)
                await client.data(data, timeout=None)
        except SMTPResponseException as error:
            await self._keep_if_clean(client, error.code)
            if error.code >= 500:
                raise GiveUp(_name(error), is_dead(error.message)) from error
            raise RetryLater(_name(error)) from error
        except (SMTPException, OSError) as error:
            # It may have been taken: the repetition carries the same Message-ID.
            client.close()
            raise RetryLater(_name(error)) from error
        except BaseException:
            client.close()
            raise

    async def _keep_if_clean(self, client: SMTP, code: int) -> None:
        if code != SERVICE_CLOSING:
            with contextlib.suppress(SMTPException, OSError):
                await client.rset()
                self._idle.append(client)
                return
        client.close()


async def _quit(client: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await client.quit(timeout=QUIT_SECONDS)
    client.close()


def _name(error: BaseException) -> str:
    """Never the server's words: they often repeat the address."""
    return f"smtp {error.code}" if isinstance(error, SMTPResponseException) else type(error).__name__
