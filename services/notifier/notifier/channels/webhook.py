"""A webhook as the Standard Webhooks specification has it: one POST, signed under every secret that signs now."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from notifier.outbound.safe_http import HttpAnswer, SafeHttpClient

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


class Poster:
    def __init__(self, outside: SafeHttpClient) -> None:
        self.outside = outside

    async def post(self, url: str, id: str, body: str, signing: Sequence[str], now: datetime) -> HttpAnswer:
        """`signing`: secrets, the newest first. Raises NotOutside, NotNow or NoAnswer."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(secret).sign(id, now, body) for secret in signing),
        }
        return await self.outside.post(url, body.encode(), headers)

    async def close(self) -> None:
        await self.outside.close()
