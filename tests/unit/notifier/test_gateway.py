"""SMS gateways as they are described: what they are asked, what their answers mean, and whose receipts are let in."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import yaml
from notifier.channels import GiveUp, Message, RetryLater, Unavailable
from notifier.channels.gateway import GatewayDescription, Gateways, at, filled
from notifier.channels.sms import LARGEST_ANSWER, Sms, mobile_number
from notifier.mail_reports.gateway_receipts import MOST_IN_A_BODY, NotAReceipt, ReceiptEndpoint, receipt_endpoints
from starlette.responses import Response, StreamingResponse
from tawasul.stack.paths import REPOSITORY

from tests.support.eventually import PATIENCE_SECONDS, eventually
from tests.support.notifier import NOW
from tests.support.sms_gateways import SECRETS, Sent, SmsGateway, Verdict, saying, two_gateways

EXAMPLE: dict[str, Any] = yaml.safe_load((REPOSITORY / "services/notifier/sms.example.yaml").read_text())
NUMBER = "+97336001234"
Pair = tuple[SmsGateway, SmsGateway]


def described(pair: Pair, **changed: Any) -> Gateways:
    """The example, leading to the gateways of this test."""
    gateways = [{**each, "url": gateway.url} | changed for each, gateway in zip(EXAMPLE["gateways"], pair, strict=True)]
    return Gateways.model_validate({**EXAMPLE, "gateways": gateways})


def a_message(text: str = "Tawasul: 7K3MX-QPA42 has been answered.") -> Message:
    return Message("id-1", "thread", NUMBER, None, "en", "", text, "", NOW)


@pytest_asyncio.fixture(loop_scope="session")
async def pair() -> AsyncIterator[Pair]:
    async with two_gateways() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def sms(pair: Pair) -> AsyncIterator[Sms]:
    channel = Sms(described(pair), SECRETS, at_once=4)
    yield channel
    await channel.close()


async def test_the_first_gateway_gets_what_its_description_says_and_tells_what_it_costs(pair: Pair, sms: Sms) -> None:
    handed = await sms.send(a_message())
    ((sent,), second) = (gateway.taken for gateway in pair)
    assert sent.fields == {
        "to": NUMBER,
        "from": "Tawasul",
        "text": "Tawasul: 7K3MX-QPA42 has been answered.",
        "reference": "id-1",
        "encoding": "gsm-7",
    }
    assert (sent.headers["authorization"], sent.headers["idempotency-key"]) == ("Bearer s-1", "id-1")
    assert (handed.provider, handed.parts, handed.alphabet, handed.cost) == ("primary", 1, "gsm-7", 0.02)
    assert second == []


async def test_another_one_is_a_form_with_other_names_and_a_price_for_each_part(pair: Pair, sms: Sms) -> None:
    await pair[0].close()
    handed = await sms.send(a_message("سلام " * 20))
    (sent,) = pair[1].taken
    assert (sent.fields["msisdn"], sent.fields["pass"], sent.fields["ref"]) == (NUMBER[1:], "s-2", "id-1")
    assert (handed.provider, handed.parts, handed.alphabet, handed.cost) == ("second", 2, "ucs-2", 0.028)


async def test_a_gateway_that_fails_is_left_alone_and_taken_again_after_a_trial(pair: Pair, sms: Sms) -> None:
    pair[0].verdicts.append(saying(503))
    assert (await sms.send(a_message())).provider == "second"
    assert (await sms.send(a_message())).provider == "second"
    assert len(pair[0].refused) == 1, "its pause is not over"

    async def _is_back() -> bool:
        return (await sms.send(a_message())).provider == "primary"

    await eventually(_is_back)
    assert (await sms.send(a_message())).provider == "primary"


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 302, 418])
async def test_what_one_gateway_does_not_take_goes_to_the_next(pair: Pair, sms: Sms, status: int) -> None:
    pair[0].verdicts.append(saying(status))
    assert (await sms.send(a_message())).provider == "second"


async def test_a_number_that_will_never_be_reached_is_given_up_without_asking_another(pair: Pair, sms: Sms) -> None:
    pair[0].verdicts.append(saying(422))
    with pytest.raises(GiveUp, match="sms 422"):
        await sms.send(a_message())
    assert pair[1].taken == []


async def test_an_error_in_an_answer_that_looks_like_a_success_is_one(pair: Pair, sms: Sms) -> None:
    await pair[0].close()
    pair[1].verdicts += [saying(200, error={"code": "1404"}), saying(200, error={"code": 7})]
    with pytest.raises(GiveUp, match="1404"):
        await sms.send(a_message())
    with pytest.raises(RetryLater, match="7"):
        await sms.send(a_message())


async def test_where_no_gateway_is_there_nothing_was_tried(pair: Pair, sms: Sms) -> None:
    for gateway in pair:
        await gateway.close()
    with pytest.raises(Unavailable):
        await sms.send(a_message())
    with pytest.raises(Unavailable, match="no gateway"):
        await sms.send(a_message())


async def test_what_may_have_been_taken_is_not_given_to_another_gateway(pair: Pair) -> None:
    may_answer = asyncio.Event()

    async def _slowly(sent: Sent) -> Response:
        await may_answer.wait()
        return Response(status_code=202)

    pair[0].verdicts.append(_slowly)
    channel = Sms(described(pair, timeout_seconds=0.2), SECRETS, at_once=4)
    with pytest.raises(RetryLater, match="ReadTimeout"):
        await channel.send(a_message())
    may_answer.set()
    assert pair[1].taken == []
    await channel.close()


async def test_nobody_waits_for_a_connection_that_others_hold(pair: Pair) -> None:
    has_come, may_answer = asyncio.Event(), asyncio.Event()

    async def _slowly(sent: Sent) -> Response:
        has_come.set()
        await may_answer.wait()
        return Response(status_code=202)

    pair[0].verdicts.append(_slowly)
    channel = Sms(described(pair), SECRETS, at_once=1)
    slow = asyncio.create_task(channel.send(a_message()))
    await has_come.wait()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (await channel.send(a_message())).provider == "primary"
    may_answer.set()
    await slow
    await channel.close()


async def test_an_answer_without_an_end_is_not_waited_for(pair: Pair) -> None:
    may_end = asyncio.Event()

    async def _begins() -> AsyncIterator[bytes]:
        yield b" " * (LARGEST_ANSWER + 1)
        await may_end.wait()

    async def _dawdles() -> AsyncIterator[bytes]:
        while not may_end.is_set():
            yield b" "
            await asyncio.sleep(0.05)  # its pace, faster than a reader loses patience

    def _answering(pieces: AsyncIterator[bytes]) -> Verdict:
        async def _answer(sent: Sent) -> Response:
            return StreamingResponse(pieces, 202)

        return _answer

    pair[0].verdicts += [_answering(_begins()), _answering(_dawdles())]
    channel = Sms(described(pair, timeout_seconds=0.3), SECRETS, at_once=1)
    assert (await channel.send(a_message())).provider == "primary"
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(RetryLater, match="Timeout"):
            await channel.send(a_message())
    may_end.set()
    await channel.close()


async def test_nonsense_where_errors_are_told_in_the_answer_is_no_success(pair: Pair, sms: Sms) -> None:
    async def _under_repair(sent: Sent) -> Response:
        return Response("<html>under repair</html>")

    pair[0].verdicts.append(saying(503))
    pair[1].verdicts.append(_under_repair)
    with pytest.raises(RetryLater, match="not understood"):
        await sms.send(a_message())


async def test_a_text_without_an_end_is_not_sent(sms: Sms, pair: Pair) -> None:
    for text in ("x" * 1_000_000, ""):
        with pytest.raises(GiveUp):
            await sms.send(a_message(text))
    assert pair[0].taken == []


async def test_requests_are_signed_where_a_description_asks_for_it(pair: Pair) -> None:
    channel = Sms(described(pair, signature={"header": "X-Mark", "encoding": "base64", "prefix": "v1,"}), SECRETS, 4)
    await channel.send(a_message())
    (sent,) = pair[0].taken
    expected = hmac.digest(b"s-1", sent.body, hashlib.sha256)
    assert sent.headers["x-mark"] == "v1," + base64.b64encode(expected).decode()
    await channel.close()


def test_what_is_filled_in_is_never_looked_through_again() -> None:
    assert filled("{text} {id}", {"text": "{secret}", "id": "1"}) == "{secret} 1"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"fields": {"t": "{text}", "n": "{number}", "x": "{name}"}}, "asks for name"),
        ({"fields": {"t": "{text}"}}, "neither number nor text"),
        ({"url": "ftp://x"}, "url"),
        ({"receipts": {"authentication": "signature", "id": "a", "status": "b", "statuses": {}}}, "signature"),
        (
            {"receipts": {"authentication": "bearer", "id": "a", "status": "b", "statuses": {"x": "created"}}},
            "statuses",
        ),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_description_that_is_not_whole_is_refused_at_start(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        GatewayDescription.model_validate(EXAMPLE["gateways"][0] | changed)


def test_a_gateway_or_its_receipts_without_a_secret_is_refused_at_start() -> None:
    gateways = Gateways.model_validate(EXAMPLE)
    with pytest.raises(ValueError, match="gateway second"):
        Sms(gateways, {"primary": "s"}, 1)
    with pytest.raises(ValueError, match="receipts of the SMS gateway primary"):
        receipt_endpoints(gateways, {"primary": "s", "second": "s"})


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("36001234", "+97336001234"),
        ("+973 3600 1234", "+97336001234"),
        ("00973 3600-1234", "+97336001234"),
        ("+44 7911 123456", "+447911123456"),
        ("17001234", None),
        ("+973 1", None),
        ("٣٦٠٠١٢٣٤", "+97336001234"),
        ("36001234;ext=1", "+97336001234"),
        ("nonsense", None),
        ("", None),
    ],
)
def test_only_numbers_that_a_message_can_reach_are_written_to(written: str, number: str | None) -> None:
    assert mobile_number(written, "BH") == number


def a_door(**changed: Any) -> ReceiptEndpoint:
    gateway = GatewayDescription.model_validate(EXAMPLE["gateways"][0])
    assert gateway.receipts is not None
    return ReceiptEndpoint("primary", gateway.receipts.model_copy(update=changed), "r-1")


def test_a_receipt_is_let_in_by_its_signature_alone() -> None:
    body = b'{"reference": "id-1", "status": "DELIVERED"}'
    mark = "sha256=" + hmac.digest(b"r-1", body, hashlib.sha256).hex()
    door = a_door()
    assert door.lets_in({"x-signature": mark}, body)
    for headers in ({}, {"x-signature": ""}, {"x-signature": mark + "0"}, {"authorization": "Bearer r-1"}):
        assert not door.lets_in(headers, body)
    assert not door.lets_in({"x-signature": mark}, body + b" ")
    assert not door.lets_in({"x-signature": "é"}, body)


def test_basic_and_bearer_are_let_in_by_their_header() -> None:
    bearer = a_door(authentication="bearer", signature=None)
    assert bearer.lets_in({"authorization": "Bearer r-1"}, b"")
    assert not bearer.lets_in({"authorization": "Bearer "}, b"")
    basic = a_door(authentication="basic", signature=None, user="gw")
    assert basic.lets_in({"authorization": "Basic Z3c6ci0x"}, b"")
    assert not basic.lets_in({"authorization": "Bearer r-1"}, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]x",
        b"7",
        b'{"reference": 7, "status": "DELIVERED"}',
        b'{"reference": "", "status": "DELIVERED"}',
        b'{"reference": "a"}',
        b'{"reference": "' + b"a" * 101 + b'", "status": "DELIVERED"}',
        b'{"reference": {"$gt": ""}, "status": "DELIVERED"}',
        json.dumps([{"reference": "a", "status": "DELIVERED"}] * (MOST_IN_A_BODY + 1)).encode(),
    ],
)
def test_what_is_no_receipt_is_refused(body: bytes) -> None:
    with pytest.raises(NotAReceipt):
        a_door().read(body)


def test_a_status_that_means_nothing_to_us_changes_nothing() -> None:
    (said,) = a_door().read(b'{"reference": "id-1", "status": "BUFFERED"}')
    assert said.state is None


def test_fields_are_found_at_their_paths() -> None:
    assert at("a.0.b", {"a": [{"b": 1}]}) == 1
    assert [at(path, {"a": [1]}) for path in ("a.1", "a.x", "b", "a.0.c", "")] == [None] * 5
