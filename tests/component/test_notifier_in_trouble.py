"""A mail server that refuses, dies or is not there, and a notifier that is stopped or killed: each mail comes, once."""

import asyncio
import signal
from collections.abc import Sequence

import pytest
from notifier.app import create_app
from notifier.settings import NotifierSettings
from notifier.webhooks.commands import CommandContext, Registration, WebhookCommands
from notifier.webhooks.model import Partner
from shared.events.model import Role
from shared.events.topics import NOTIFICATIONS
from shared.http.auth import Caller
from shared.http.commands import cause_of_request
from shared.privacy.audit import RequestAudit
from starlette.responses import Response

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact
from tests.support.one_notifier import Client, a_process, file, message_of
from tests.support.post_office import Posted, PostOffice, answering
from tests.support.serving import serving
from tests.support.webhooks import Received, a_receiver

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


async def test_a_mail_refused_for_now_is_tried_again_and_one_refused_for_good_is_not(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    office.verdicts += [answering("451 greylisted"), answering("421 too many"), answering("250 taken")]
    greylisted = await file(neighbours)
    sent = await message_of(mongo_database, greylisted, "sent")
    assert sent["attempts"] == 3
    assert len({mail.message_id for mail in office.mails + office.refused}) == 1

    office.greylists = True
    unwelcome = await file(neighbours, {"email": "yusuf@citizens.example"})
    assert (await message_of(mongo_database, unwelcome, "sent"))["attempts"] == 2
    assert len(office.to("yusuf@citizens.example")) == 1
    office.greylists = False

    office.verdicts.append(answering("550 no such user"))
    unknown = await file(neighbours)
    failed = await message_of(mongo_database, unknown, "permanent-failure")
    assert (failed["reason"], failed["attempts"]) == ("smtp 550", 1)
    (event,) = await neighbours.hear(NOTIFICATIONS, unknown, "NotificationFailed")
    assert event.data.reason == "smtp 550"


async def test_retries_that_run_out_end_as_a_technical_failure(
    settings: NotifierSettings, country: None, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    office.verdicts += [answering("451 later")] * 3
    async with serving(create_app(settings.model_copy(update={"retry_attempts": 3}))):
        id = await file(neighbours)
        failed = await message_of(mongo_database, id, "technical-failure")
    assert failed["attempts"] == 3


async def test_a_server_that_dies_in_mid_message_gets_the_same_message_again(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    office.verdicts.append(answering(None))
    id = await file(neighbours)
    await message_of(mongo_database, id, "sent")
    assert [mail.message_id for mail in office.mails] == [mail.message_id for mail in office.refused]


async def test_an_outage_of_the_server_costs_no_attempts(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    await office.close()
    ids = [await file(neighbours) for _ in range(20)]

    async def _noticed() -> bool:
        metrics = (await client.get("/metrics")).text
        return 'provider_errors_total{channel="mail",kind="unavailable"}' in metrics

    await eventually(_noticed)
    await office.open()
    await eventually(lambda: len(office.mails) == 20)
    for id in ids:
        assert (await message_of(mongo_database, id, "sent"))["attempts"] == 1
    assert len({mail.message_id for mail in office.mails}) == 20


async def test_stopping_finishes_and_notes_what_is_on_its_way(
    settings: NotifierSettings, country: None, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    arrived, may_go_on = asyncio.Event(), asyncio.Event()

    async def _slowly(posted: Posted) -> str:
        arrived.set()
        await may_go_on.wait()
        return "250 taken"

    office.verdicts.append(_slowly)
    async with serving(create_app(settings)):
        id = await file(neighbours)
        await arrived.wait()
        asyncio.get_running_loop().call_later(0.2, may_go_on.set)
    assert (await message_of(mongo_database, id, "sent"))["attempts"] == 1
    assert len(office.mails) == 1


async def test_a_process_killed_between_sending_and_noting_repeats_that_mail_with_the_same_message_id(
    settings: NotifierSettings, country: None, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    running: list[asyncio.subprocess.Process] = []

    async def _kill(posted: Posted) -> str:
        running[0].send_signal(signal.SIGKILL)
        return "250 taken"

    office.verdicts.append(_kill)
    running.append(await a_process(settings))
    id = await file(neighbours)
    await running[0].wait()
    assert len(office.mails) == 1
    running.append(await a_process(settings))
    try:
        await message_of(mongo_database, id, "sent")
        events = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent")
    finally:
        running[1].send_signal(signal.SIGTERM)
        assert await running[1].wait() in (0, -signal.SIGTERM)
    first, second = office.mails
    assert first.message_id == second.message_id
    assert first.message.as_bytes() == second.message.as_bytes()
    assert len(events) == 1


class NoAudit(RequestAudit):
    """A command that no request stands behind is not audited."""

    def __init__(self) -> None:
        pass

    async def record(self, caller: Caller, action: str, kind: str, things: Sequence[str], why: str) -> None:
        pass


@pytest.mark.full
async def test_a_process_killed_between_sending_a_webhook_and_noting_it_repeats_it_with_the_same_webhook_id(
    settings: NotifierSettings, country: None, neighbours: Neighbours, mongo_database: Database
) -> None:
    running: list[asyncio.subprocess.Process] = []

    async def _kill(received: Received) -> Response:
        running[0].send_signal(signal.SIGKILL)
        return Response(status_code=204)

    async with a_receiver() as receiver:
        reaching = settings.model_copy(update={"outside_allowed_networks": "127.0.0.0/8"})
        webhooks: WebhookCommands = create_app(reaching).state.webhooks
        administrator = Caller("administrator", "administrator", frozenset({Role.ADMINISTRATOR}), None)
        partner = Partner(name="Lab", subject="partner.lab")
        registration = Registration(receiver.url(), ("submission.published",), "", partner=partner)
        context = CommandContext(administrator, None, cause_of_request(), NoAudit())
        made = await webhooks.register(registration, context)
        assert made.state is not None
        (secret,) = webhooks.secrets.signing(made.id, made.state, made.state.made_at)
        receiver.verdicts.append(_kill)
        running.append(await a_process(reaching))
        id = await file(neighbours)
        await neighbours.publish(id, a_fact("SubmissionPublished", id))
        await running[0].wait()
        assert len(receiver.taken) == 1
        running.append(await a_process(reaching))
        try:
            await eventually(lambda: len(receiver.taken) == 2)

            async def _is_noted() -> bool:
                noted = await mongo_database["webhook_deliveries"].find_one({"_id": receiver.taken[0].id}) or {}
                return noted.get("state") == "delivered"

            await eventually(_is_noted)
        finally:
            running[1].send_signal(signal.SIGTERM)
            assert await running[1].wait() in (0, -signal.SIGTERM)
        first, second = receiver.taken
        assert (first.id, first.body) == (second.id, second.body)
        assert first.verified_by(secret) == second.verified_by(secret)
