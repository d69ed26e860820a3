"""Authors without a mail address are told by SMS: two gateways on loopback take it, fail, and call back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from notifier.app import create_app
from notifier.mail_reports.receipt_commands import ReceiptHandler
from notifier.mail_reports.receipt_store import Receipts
from notifier.mail_reports.receipts import Receipt
from notifier.notifications.model import State
from notifier.notifications.outcome_store import Outcomes
from notifier.notifications.store import SOURCE, notification_record
from notifier.settings import NotifierSettings
from pydantic import SecretStr
from shared.events.contacts import ContactConfirmed
from shared.events.topics import NOTIFICATIONS
from shared.reference.working_time import utc_now
from starlette.responses import JSONResponse, Response
from tawasul.stack.paths import REPOSITORY

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import A_SECRET, a_fact, a_notification, an_id, notifier_settings
from tests.support.one_notifier import Client, file, message_of
from tests.support.post_office import PostOffice, answering
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.sms_gateways import SECRETS, Sent, SmsGateway, call_back, saying, two_gateways

Pair = tuple[SmsGateway, SmsGateway]
NUMBER = "+97336001234"
BY_PHONE = {"email": None, "phone": "36001234"}

office, country, client = one_notifier.office, one_notifier.country, one_notifier.client


@pytest_asyncio.fixture(loop_scope="session")
async def pair() -> AsyncIterator[Pair]:
    async with two_gateways() as opened:
        yield opened


@pytest.fixture
def settings(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    office: PostOffice,
    pair: Pair,
    tmp_path: Path,
) -> NotifierSettings:
    """The gateways of the example, leading to those of this test."""
    described: dict[str, Any] = yaml.safe_load((REPOSITORY / "services/notifier/sms.example.yaml").read_text())
    for gateway, running in zip(described["gateways"], pair, strict=True):
        gateway["url"] = running.url
    file = tmp_path / "sms.yaml"
    file.write_text(yaml.safe_dump(described))
    secrets = SecretStr(",".join(f"{name}={secret}" for name, secret in SECRETS.items()))
    told: dict[str, Any] = {"sms_file": file, "sms_secrets": secrets}
    return notifier_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, **told)


async def test_who_left_a_number_alone_is_told_by_sms_with_the_private_link(
    client: Client, neighbours: Neighbours, office: PostOffice, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, BY_PHONE)
    sent = await message_of(mongo_database, id, "sent")
    (message,) = pair[0].to(NUMBER)
    assert f"https://tawasul.example/track/7K3MX-QPA42/{A_SECRET}" in message.fields["text"]
    assert "Maryam" not in message.fields["text"]
    assert message.fields["reference"] == sent["_id"]
    assert (sent["channel"], sent["provider"], sent["parts"], sent["alphabet"]) == ("sms", "primary", 1, "gsm-7")
    assert sent["cost"] == 0.02
    assert office.mails == []
    (event,) = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent")
    assert event.data.channel == "sms"
    assert NUMBER not in str(event.data)
    metrics = (await client.get("/metrics")).text
    assert 'tawasul_notifier_sms_parts_total{alphabet="gsm-7",gateway="primary"}' in metrics


async def test_who_left_an_address_too_gets_mail_and_an_sms_only_where_that_is_dead(
    client: Client, neighbours: Neighbours, office: PostOffice, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, {"phone": "36001234"})
    assert (await message_of(mongo_database, id, "sent"))["channel"] == "mail"
    assert pair[0].taken == []

    office.verdicts.append(answering("550 no such user"))
    other = await file(neighbours, {"phone": "36001234"})
    sent = await message_of(mongo_database, other, "sent")
    assert (sent["channel"], sent["provider"], sent["attempts"]) == ("sms", "primary", 1)
    (before,) = sent["earlier"]
    assert (before["channel"], before["reason"]) == ("mail", "smtp 550")
    events = await neighbours.hear(NOTIFICATIONS, other, "NotificationSent")
    assert [event.data.channel for event in events] == ["sms"], "it did not fail: it went another way"


async def test_when_the_attempts_by_mail_have_run_out_it_goes_by_sms_and_the_history_says_so(
    settings: NotifierSettings,
    neighbours: Neighbours,
    country: None,
    office: PostOffice,
    pair: Pair,
    mongo_database: Database,
    provider: Provider,
) -> None:
    office.verdicts += [answering("451 not now"), answering("451 not now")]
    async with serving(create_app(settings.model_copy(update={"retry_attempts": 2}))) as client:
        id = await file(neighbours, {"phone": "36001234"})
        sent = await message_of(mongo_database, id, "sent")
        assert (sent["channel"], len(pair[0].to(NUMBER)), office.mails) == ("sms", 1, [])
        central = provider.authorization("central.triage", "central", entity="central-office")
        told = (await client.get(f"/api/notifier/v1/submissions/{id}/notifications", headers=central)).json()
        (item,) = [each for each in told["items"] if each["channel"] == "sms"]
        (before,) = item["earlier"]
        assert (before["channel"], before["reason"], before["attempts"]) == ("mail", "smtp 451", 2)


async def test_what_is_not_worth_an_sms_and_what_no_message_can_reach_is_cancelled(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, BY_PHONE)
    await message_of(mongo_database, id, "sent")
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    assert (await message_of(mongo_database, id, "cancelled", template="assigned"))["reason"] == "no address"
    landline = await file(neighbours, {"email": None, "phone": "17001234"})
    assert (await message_of(mongo_database, landline, "cancelled"))["reason"] == "no address"
    assert len(pair[0].taken) == 1


async def test_a_number_that_nobody_has_confirmed_gets_one_message_that_asks(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, BY_PHONE | {"number_confirmation": "1.c0de"})
    await message_of(mongo_database, id, "sent")
    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    await message_of(mongo_database, id, "withheld", template="answered")
    await neighbours.publish(id, a_fact("ConfirmationRequested", id))
    await message_of(mongo_database, id, "sent", template="confirm-again")
    for message in pair[0].taken:
        assert "/track/7K3MX-QPA42/confirm/1.c0de" in message.fields["text"]
        assert A_SECRET not in message.fields["text"]
    await confirm_number(neighbours, id)
    await message_of(mongo_database, id, "sent", template="answered")
    assert f"/track/7K3MX-QPA42/{A_SECRET}" in pair[0].taken[2].fields["text"]


async def test_a_number_beside_an_address_that_turns_out_dead_is_asked_first_and_once(
    client: Client, neighbours: Neighbours, office: PostOffice, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, {"phone": "36001234", "number_confirmation": "1.c0de"})
    assert (await message_of(mongo_database, id, "sent"))["channel"] == "mail"
    office.verdicts.append(answering("550 5.1.1 no such user"))
    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    assert (await message_of(mongo_database, id, "sent", template="answered"))["channel"] == "sms"
    await neighbours.publish(id, a_fact("InformationRequested", id, to_state="awaiting_citizen"))
    await message_of(mongo_database, id, "withheld", template="question-asked")
    (asking,) = pair[0].to(NUMBER)
    assert "/confirm/1.c0de" in asking.fields["text"]
    assert A_SECRET not in asking.fields["text"]
    await confirm_number(neighbours, id)
    await message_of(mongo_database, id, "sent", template="question-asked")
    assert len(pair[0].to(NUMBER)) == 2


async def confirm_number(neighbours: Neighbours, id: str) -> None:
    confirmed = ContactConfirmed(submission_id=id, contact_id="author", number=True)
    await neighbours.publish(f"{id}/author/number-confirmed", confirmed)


async def test_a_gateway_that_fails_is_replaced_by_the_other_and_returns(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    await pair[0].close()
    id = await file(neighbours, BY_PHONE)
    assert (await message_of(mongo_database, id, "sent"))["provider"] == "second"
    await pair[0].open()

    async def _is_back() -> bool:
        again = await file(neighbours, BY_PHONE)
        return bool((await message_of(mongo_database, again, "sent"))["provider"] == "primary")

    await eventually(_is_back)


async def test_an_outage_of_both_costs_no_attempts_and_a_refusal_for_good_is_final(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    for gateway in pair:
        await gateway.close()
    id = await file(neighbours, BY_PHONE)

    async def _noticed() -> bool:
        metrics = (await client.get("/metrics")).text
        return 'provider_errors_total{channel="sms",kind="unavailable"}' in metrics

    await eventually(_noticed)
    for gateway in pair:
        await gateway.open()
    assert (await message_of(mongo_database, id, "sent"))["attempts"] == 1

    pair[0].verdicts.append(saying(422))
    refused = await file(neighbours, BY_PHONE)
    assert (await message_of(mongo_database, refused, "permanent-failure"))["reason"] == "sms 422"
    (event,) = await neighbours.hear(NOTIFICATIONS, refused, "NotificationFailed")
    assert event.data.channel == "sms"


async def test_receipts_that_come_twice_and_in_any_order_are_noted_once(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, BY_PHONE)
    sent = await message_of(mongo_database, id, "sent")
    assert await call_back(client, "primary", (sent["_id"], "UNDELIVERABLE"), (sent["_id"], "EXPIRED")) == 204
    failed = await message_of(mongo_database, id, "permanent-failure")
    assert failed["reason"] == "receipt"
    for status in ("DELIVERED", "DELIVERED", "EXPIRED", "FAILED", "BUFFERED"):
        assert await call_back(client, "primary", (sent["_id"], status)) == 204
    delivered = await message_of(mongo_database, id, "delivered")
    assert "reason" not in delivered

    async def _nothing_waits() -> bool:
        return not await mongo_database["notifications"].count_documents({"receipt_waits": {"$exists": True}})

    await eventually(_nothing_waits)
    events = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent", "NotificationFailed", "NotificationDelivered")
    assert [event.type for event in events] == ["NotificationSent", "NotificationFailed", "NotificationDelivered"]
    assert [(event.data.from_state, event.data.to_state) for event in events][1:] == [
        ("sent", "permanent-failure"),
        ("permanent-failure", "delivered"),
    ]


async def test_a_receipt_that_is_faster_than_our_own_note_waits_for_it(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    async def _delivered_before_answering(sent: Sent) -> Response:
        assert await call_back(client, "primary", (sent.fields["reference"], "DELIVERED")) == 204
        return JSONResponse({}, 202)

    pair[0].verdicts.append(_delivered_before_answering)
    id = await file(neighbours, BY_PHONE)
    await message_of(mongo_database, id, "delivered")
    events = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent", "NotificationDelivered")
    assert [event.type for event in events] == ["NotificationSent", "NotificationDelivered"]


async def test_receipts_that_come_together_are_kept_together_and_one_for_what_was_cancelled_is_forgotten(
    mongo_database: Database,
) -> None:
    receipts = Receipts(mongo_database)
    await receipts.ensure_indexes()
    notifications = mongo_database["notifications"]
    states = (("sent", "sent"), ("on-its-way", "sending"), ("erased", "cancelled"), ("unreadable", "sent"))
    for id, state in states:
        _, document = notification_record(a_notification(id=id, channel="sms", state=state))
        await notifications.insert_one(document)
    said = [
        ("sent", "temporary-failure"),
        ("sent", "delivered"),
        ("sent", "permanent-failure"),
        ("unknown", "delivered"),
    ]
    await notifications.update_one({"_id": "unreadable"}, {"$set": {"event_at": "no time"}})
    said += [("on-its-way", "delivered"), ("erased", "delivered"), ("unreadable", "delivered")]
    together = [Receipt(id, State(state)) for id, state in said]
    assert await receipts.keep("sms", together) == 6
    assert await receipts.keep("mail", together) == await receipts.keep("sms", []) == 0

    assert await ReceiptHandler(receipts, Outcomes(mongo_database, SOURCE), utc_now).apply() == 2
    left = {each["_id"]: (each["state"], each.get("receipt_waits")) async for each in notifications.find()}
    assert left == {
        "sent": ("delivered", None),
        "on-its-way": ("sending", "delivered"),
        "erased": ("cancelled", None),
        "unreadable": ("sent", "delivered"),
    }


async def test_receipts_of_the_second_gateway_have_their_own_form(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    pair[0].verdicts.append(saying(503))
    id = await file(neighbours, BY_PHONE)
    sent = await message_of(mongo_database, id, "sent")
    assert sent["provider"] == "second"
    assert await call_back(client, "second", (sent["_id"], "16")) == 204
    await message_of(mongo_database, id, "temporary-failure")


async def test_nobody_else_says_what_became_of_a_message(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, BY_PHONE)
    sent = await message_of(mongo_database, id, "sent")
    receipt = (sent["_id"], "UNDELIVERABLE")
    assert await call_back(client, "primary", receipt, headers={"X-Signature": "sha256=00"}) == 401
    assert await call_back(client, "second", receipt, headers={"Authorization": "Bearer s-2"}) == 401
    assert await call_back(client, "primary", receipt, body=b"{}") == 401
    url = "/api/notifier/v1/sms/primary/receipts"
    assert (await client.post(url, content=b"x" * 300_000)).status_code == 413
    assert (await client.post(url.replace("primary", "third"), content=b"{}")).status_code == 404
    assert await call_back(client, "primary", (an_id(), "DELIVERED")) == 204, "an unknown id is let go"
    mail = await message_of(mongo_database, await file(neighbours), "sent")
    assert await call_back(client, "primary", (mail["_id"], "UNDELIVERABLE")) == 204
    await message_of(mongo_database, id, "sent")
    assert (await mongo_database["notifications"].find_one({"_id": mail["_id"]}) or {})["state"] == "sent"


async def test_who_unsubscribed_gets_no_sms_but_the_question_that_must_be_answered(
    client: Client, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    id = await file(neighbours, BY_PHONE)
    await message_of(mongo_database, id, "sent")
    await mongo_database["contacts"].update_one({"_id": f"{id}/author"}, {"$set": {"unsubscribed": True}})
    await neighbours.publish(id, a_fact("SubmissionAnswered", id), a_fact("InformationRequested", id))
    assert (await message_of(mongo_database, id, "cancelled", template="answered"))["reason"] == "unsubscribed"
    await message_of(mongo_database, id, "sent", template="question-asked")


async def test_without_gateways_nothing_goes_by_sms(
    settings: NotifierSettings, neighbours: Neighbours, pair: Pair, mongo_database: Database
) -> None:
    async with serving(create_app(settings.model_copy(update={"sms_file": None}))) as client:
        id = await file(neighbours, BY_PHONE)
        assert (await message_of(mongo_database, id, "cancelled"))["reason"] == "no address"
        assert await call_back(client, "primary", ("x", "DELIVERED")) == 404
    assert pair[0].taken == []
