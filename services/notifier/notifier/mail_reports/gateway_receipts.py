"""How a gateway's receipts are let in and read, by its description."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from notifier.channels.gateway import Gateways, ReceiptsDescription, at, read_json
from notifier.notifications.model import State

MOST_IN_A_BODY = 1_000
LONGEST_ID = 100


class NotAReceipt(ValueError):
    """Nothing that this gateway's description finds its fields in."""


@dataclass(frozen=True)
class ReceiptStatus:
    """`state` is None for a status that means nothing to us."""

    id: str
    state: State | None


class ReceiptEndpoint:
    """`secret` is the receipts' own: who knows it can say that a message was delivered, and nothing else."""

    def __init__(self, gateway: str, described: ReceiptsDescription, secret: str) -> None:
        self.gateway = gateway
        self._described = described
        self._secret = secret

    def lets_in(self, headers: Mapping[str, str], body: bytes) -> bool:
        described = self._described
        if described.signature is not None:
            return _same(headers.get(described.signature.header.lower()), described.signature.of(body, self._secret))
        if described.authentication == "basic":
            expected = "Basic " + base64.b64encode(f"{described.user}:{self._secret}".encode()).decode()
        else:
            expected = f"Bearer {self._secret}"
        return _same(headers.get("authorization"), expected)

    def read(self, body: bytes) -> list[ReceiptStatus]:
        """Raises NotAReceipt."""
        described = self._described
        content = read_json(body) if described.body == "json" else _form(body)
        found = at(described.many, content) if described.many else content
        many = found if isinstance(found, list) else [found]
        if len(many) > MOST_IN_A_BODY:
            raise NotAReceipt("too many at once")
        return [self._said(each) for each in many]

    def _said(self, receipt: Any) -> ReceiptStatus:
        id, status = at(self._described.id, receipt), at(self._described.status, receipt)
        if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID or not isinstance(status, str | int):
            raise NotAReceipt("no id or no status")
        state = self._described.statuses.get(str(status))
        return ReceiptStatus(id, State(state) if state else None)


def receipt_endpoints(gateways: Gateways, secrets: Mapping[str, str]) -> dict[str, ReceiptEndpoint]:
    """By gateway. Raises ValueError where a secret is missing: nobody may say what became of our messages unasked."""
    doors = {}
    for gateway in gateways.gateways:
        if gateway.receipts is None:
            continue
        secret = secrets.get(f"{gateway.name}.receipts", "")
        if not secret:
            raise ValueError(f"no secret for the receipts of the SMS gateway {gateway.name}")
        doors[gateway.name] = ReceiptEndpoint(gateway.name, gateway.receipts, secret)
    return doors


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=100))
    except ValueError as error:
        raise NotAReceipt("no form") from error


def _same(sent: str | None, expected: str) -> bool:
    return sent is not None and hmac.compare_digest(sent.encode(), expected.encode())
