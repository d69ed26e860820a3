"""The service's answer decides a row, is waited out, or ends the import."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid5

import aiohttp
import pytest
import pytest_asyncio
from tawasul.importing.bearer import Bearer
from tawasul.importing.conversion import IMPORTS, Request
from tawasul.importing.ledger import ACCEPTED, Outcome, Verdict
from tawasul.importing.refusal import CannotImport
from tawasul.importing.rows import Row
from tawasul.importing.sender import FAULTS_OF_THE_SERVICE, Sender
from tawasul.stack.ports import free_port

from tests.support.eventually import PATIENCE_SECONDS
from tests.unit.importing.builders import Answer, FakeIntake, a_bearer, hang_up, problem, status

BUSY = status(503, **{"Retry-After": "0"})


@pytest_asyncio.fixture
async def intake() -> AsyncIterator[FakeIntake]:
    async with FakeIntake().serving() as serving:
        yield serving


def a_request(name: str = "1", text: str = "no light") -> Request:
    return Request(Row(1, 2, [name, text]), uuid5(IMPORTS, name), f'{{"text": "{text}"}}'.encode())


async def filed(
    intake: FakeIntake, *requests: Request, bearer: Bearer | None = None, patience: float = 30
) -> list[Verdict]:
    """The verdicts on these requests, sent at the same time."""
    bearer = bearer or a_bearer()
    await bearer.renew()
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_SECONDS):
        sender = Sender(http, intake.url, bearer, patience)
        began = await sender.time_of_service()
        return await asyncio.gather(*(sender.file(request, began) for request in requests))


async def test_a_new_row_is_accepted(intake: FakeIntake) -> None:
    assert await filed(intake, a_request()) == [ACCEPTED]
    assert intake.texts == ["no light"]


async def test_a_row_received_before_this_import_is_repeated(intake: FakeIntake) -> None:
    await filed(intake, a_request())
    intake.later()
    assert await filed(intake, a_request()) == [Verdict(Outcome.REPEATED)]
    assert intake.texts == ["no light"]


@pytest.mark.parametrize("answer", [BUSY, status(429, **{"Retry-After": "0"}), hang_up], ids=["503", "429", "hang-up"])
async def test_a_busy_or_lost_service_is_asked_again(intake: FakeIntake, answer: Answer) -> None:
    intake.script.extend([answer, answer])
    assert await filed(intake, a_request()) == [ACCEPTED]
    assert intake.requests == 3


async def test_an_answer_lost_on_its_way_back_files_nothing_twice(intake: FakeIntake) -> None:
    request = a_request()
    intake.filed[str(request.key)] = request.body
    intake.script.append(hang_up)
    assert await filed(intake, request) == [ACCEPTED]
    assert intake.texts == ["no light"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            problem(422, "invalid", "no", [{"field": "text", "message": "too short"}]),
            "refused by the service: 422, text: too short",
        ),
        (problem(413, "too-large", "too much at once"), "refused by the service: 413, too much at once"),
        (status(400, ["odd"]), "refused by the service: 400"),
        (
            problem(409, "idempotency-key-reused", "used"),
            "filed before with other content: the row or the mapping has changed since",
        ),
    ],
    ids=["422", "413", "400", "409"],
)
async def test_what_is_refused_for_good_is_rejected_with_the_reason(
    intake: FakeIntake, answer: Answer, reason: str
) -> None:
    intake.script.append(answer)
    assert await filed(intake, a_request()) == [Verdict(Outcome.REJECTED, reason)]


async def test_a_row_that_the_service_stumbles_over_fails_after_some_attempts(intake: FakeIntake) -> None:
    error = status(500, **{"Retry-After": "0"})
    intake.script.extend([error] * FAULTS_OF_THE_SERVICE)
    (verdict,) = await filed(intake, a_request())
    assert verdict == Verdict(Outcome.FAILED, "error of the service: 500, 5 times")


async def test_an_expired_token_is_renewed_once_for_all_rows(intake: FakeIntake) -> None:
    intake.script.extend([status(401)] * 3)
    requests = [a_request(str(number)) for number in range(3)]
    assert await filed(intake, *requests, bearer=a_bearer("old", "new")) == [ACCEPTED] * 3
    assert intake.tokens == {"new"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (401, "not accepted, or no longer: have another one"),
        (403, "role administrator or central"),
        (404, "no intake"),
        (301, "leads elsewhere"),
    ],
)
async def test_what_every_row_would_meet_ends_the_import(intake: FakeIntake, code: int, told: str) -> None:
    intake.script.append(status(code))
    with pytest.raises(CannotImport, match=told):
        await filed(intake, a_request())


async def test_a_service_that_takes_nothing_for_long_ends_the_import(intake: FakeIntake) -> None:
    intake.script.extend([BUSY] * 1_000)
    with pytest.raises(CannotImport, match="has not taken anything for"):
        await filed(intake, a_request(), patience=0.05)


async def test_an_address_where_nobody_answers_ends_the_import(intake: FakeIntake) -> None:
    intake.url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(CannotImport, match="ClientConnectorError"):
        await filed(intake, a_request(), patience=0.05)


async def test_an_address_with_something_else_ends_the_import(intake: FakeIntake) -> None:
    intake.url += "/elsewhere"
    with pytest.raises(CannotImport, match="answers 404: there is no intake"):
        await filed(intake, a_request())


@pytest.mark.parametrize(("token", "account"), [("e30.eyJzdWIiOiAiYWRhIn0.x", "ada"), ("opaque", ""), ("a.b.c", "")])
async def test_the_account_is_read_from_the_token(token: str, account: str) -> None:
    bearer = a_bearer(token)
    await bearer.renew()
    assert bearer.account == account
