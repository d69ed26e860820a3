"""SMS by HTTP gateways: the first that takes it. One that fails is left alone for a while, and then gets a trial."""

import asyncio
import base64
import logging
import random
import time
from collections.abc import Mapping, Sequence

import httpx2
import orjson
import phonenumbers

from notifier import metrics
from notifier.channels import GiveUp, Message, RetryLater, Unavailable
from notifier.channels.gateway import GatewayDescription, Gateways, at, filled, read_json
from notifier.channels.sms_text import MOST_PARTS, SmsLength, counted
from notifier.notifications.outcomes import Handover
from notifier.outbound.rate_limit import RateLimiter
from notifier.sending.circuit_breaker import SharedBreaker

logger = logging.getLogger(__name__)

BUSY_OR_BARRED = frozenset({401, 403, 407, 408, 429, 502, 503, 504})
"""Not about this message: the gateway takes none right now, or none of ours."""

LARGEST_ANSWER = 100_000


class RefusedByGateway(Exception):
    """This gateway did not take this message; another one may."""


def mobile_number(written: str, country: str) -> str | None:
    """In the international form (E.164); None for what is no number that a message can reach."""
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    kind = phonenumbers.number_type(number)
    fixed = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE)
    return None if kind in fixed else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Gateway:
    def __init__(self, described: GatewayDescription, secret: str, client: httpx2.AsyncClient) -> None:
        self.described = described
        self.name = described.name
        self.breaker = SharedBreaker()
        self._secret = secret
        self._client = client
        self._pace = RateLimiter(described.per_second)

    async def send(self, message: Message, count: SmsLength) -> Handover:
        """Raises Unavailable where it takes none at all, Refused for this one, RetryLater or GiveUp."""
        await self._pace.turn()
        request = self._request(message, count)
        try:
            async with asyncio.timeout(2 * self.described.timeout_seconds):  # to connect, and to answer
                status, answer = await self._asked(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Unavailable(type(error).__name__) from error
        except (httpx2.HTTPError, TimeoutError) as error:
            # It may have been taken: another gateway would send it a second time.
            raise RetryLater(type(error).__name__) from error
        return self._understood(status, answer, count)

    async def _asked(self, request: httpx2.Request) -> tuple[int, bytes]:
        """Status and beginning of the answer: one without an end would hold up its sender, and fill the memory."""
        answer = await self._client.send(request, stream=True)
        said = b""
        try:
            async for piece in answer.aiter_bytes():
                said += piece
                if len(said) > LARGEST_ANSWER:
                    break
        finally:
            await answer.aclose()
        return answer.status_code, said

    def _understood(self, status: int, answer: bytes, count: SmsLength) -> Handover:
        described = self.described
        if status in described.refused:
            raise GiveUp(f"sms {status}")
        if status in BUSY_OR_BARRED:
            raise Unavailable(f"sms {status}")
        if status not in described.taken:
            raise RefusedByGateway(f"sms {status}")
        said = read_json(answer)
        if described.error and not isinstance(said, dict | list):
            raise RetryLater("sms answer not understood")  # neither an error nor none: it may have been taken
        if described.error and (error := at(described.error, said)) not in (None, "", 0, "0", False):
            if str(error) in described.rejected:
                raise GiveUp(f"sms error {str(error)[:20]}")
            raise RefusedByGateway(f"sms error {str(error)[:20]}")
        return Handover(self.name, count.parts, count.alphabet, self._cost(said, count))

    def _cost(self, said: object, count: SmsLength) -> float:
        stated = at(self.described.cost, said) if self.described.cost else None
        try:
            cost = float(stated) if isinstance(stated, str | int | float) else -1.0
        except ValueError:
            cost = -1.0
        return round(cost if 0 <= cost < 1_000 else self.described.price_per_part * count.parts, 6)

    def _request(self, message: Message, count: SmsLength) -> httpx2.Request:
        described = self.described
        values = self._values(message, count)
        fields = {name: filled(value, values) for name, value in described.fields.items()}
        headers = {name: filled(value, values) for name, value in described.headers.items()}
        content: bytes = b""
        if described.body == "json":
            content, headers["Content-Type"] = orjson.dumps(fields), "application/json"
        elif described.body == "form":
            content = str(httpx2.QueryParams(fields)).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if described.signature:
            headers[described.signature.header] = described.signature.of(content, self._secret)
        params = fields if described.body == "query" else None
        return self._client.build_request(
            described.method,
            described.url,
            params=params,
            content=content or None,
            headers=headers,
            timeout=described.timeout_seconds,
        )

    def _values(self, message: Message, count: SmsLength) -> Mapping[str, str]:
        described = self.described
        return {
            "id": message.id,
            "number": message.address,
            "digits": message.address.removeprefix("+"),
            "text": message.text,
            "alphabet": count.alphabet,
            "sender": described.sender,
            "secret": self._secret,
            "user": described.user,
            "basic": base64.b64encode(f"{described.user}:{self._secret}".encode()).decode(),
        }


class Sms:
    name = "sms"

    def __init__(self, gateways: Gateways, secrets: Mapping[str, str], at_once: int) -> None:
        """Raises ValueError for a gateway whose secret is not there."""
        if missing := [each.name for each in gateways.gateways if each.name not in secrets]:
            raise ValueError(f"no secret for the SMS gateway {', '.join(missing)}")
        self.at_once = at_once
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
            # As many as there are senders: what is urgent must not wait for a connection of the rest.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=at_once),
        )
        self.gateways: Sequence[Gateway] = [
            Gateway(described, secrets[described.name], self._client) for described in gateways.gateways
        ]

    async def send(self, message: Message) -> Handover:
        count = counted(message.text)
        if not 0 < count.parts <= MOST_PARTS:
            raise GiveUp("too long" if count.parts else "nothing to say")
        reasons: list[Exception] = []
        for gateway in self.gateways:
            era = gateway.breaker.takes(time.monotonic())
            if era is None:
                continue
            try:
                handed = await self._try(gateway, era, message, count)
            except (RefusedByGateway, Unavailable) as error:
                metrics.PROVIDER_FAILOVERS.labels(gateway.name).inc()
                reasons.append(error)
                continue
            metrics.SMS_PARTS.labels(gateway.name, count.alphabet).inc(count.parts)
            metrics.SMS_COST.labels(gateway.name).inc(handed.cost or 0.0)
            return handed
        refused = [error for error in reasons if isinstance(error, RefusedByGateway)]
        if refused:  # somebody was there to say no to this one
            raise RetryLater(str(refused[0]))
        raise Unavailable(str(reasons[0]) if reasons else "no gateway")

    async def close(self) -> None:
        await self._client.aclose()

    async def _try(self, gateway: Gateway, era: int, message: Message, count: SmsLength) -> Handover:
        try:
            handed = await gateway.send(message, count)
        except (Unavailable, RetryLater) as error:
            if gateway.breaker.failed(era, time.monotonic(), random.random()):
                logger.warning("SMS gateway paused", extra={"gateway": gateway.name, "why": str(error)})
            raise
        except (GiveUp, RefusedByGateway):
            gateway.breaker.succeeded(era)
            raise
        else:
            gateway.breaker.succeeded(era)
            return handed
        finally:
            gateway.breaker.settled(era)
            metrics.GATEWAY_AVAILABLE.labels(gateway.name).set(0 if gateway.breaker.is_open else 1)
