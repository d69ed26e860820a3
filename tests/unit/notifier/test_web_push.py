"""Web push, apart from its sending: what is sealed for a browser, how we sign, and where it may lead."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from joserfc import jwt
from joserfc.jwk import ECKey
from notifier.channels import GiveUp, Message
from notifier.channels.vapid import Vapid
from notifier.channels.web_push import LONGEST_PAYLOAD, WebPush, sealed_for
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.devices.model import Device, Subscription, decoded, owner_of
from notifier.notifications.outcomes import Outcome
from notifier.outbound.safe_http import AddressPolicy, SafeHttpClient
from notifier.planning.commands import tell
from notifier.preferences.choices import Chosen
from notifier.preferences.model import Preferences, Wishes
from notifier.preferences.pages import read_form
from pydantic import ValidationError

from tests.support.browsers import PushingBrowser, a_push_key
from tests.support.notifier import (
    A_SUBMISSION,
    NOW,
    a_directory,
    a_fact,
    a_notification,
    a_ring,
    an_event,
    received,
    the_messages,
    the_table,
    the_writer,
)

ENDPOINT = "https://push.example/send/abc"
EVERYTHING: dict[str, Any] = {
    "reference": "7K3MX-QPA42",
    "kind": "complaint",
    "category": "NAME-OF-CATEGORY",
    "entity": "NAME-OF-ENTITY",
    "from_entity": "OTHER-ENTITY",
    "endpoint": "hooks.example",
    "due_at": NOW,
    "expected_at": NOW,
    **dict.fromkeys(("moved", "later", "earlier", "late_now", "in_time_again"), 2),
}


def test_a_payload_is_opened_by_the_browser_it_was_sealed_for_and_by_no_other() -> None:
    browser, other = PushingBrowser(ENDPOINT), PushingBrowser(ENDPOINT)
    sealed = sealed_for(Subscription.model_validate(browser.subscription), '{"title": "وصل الرد"}'.encode())
    assert browser.opened(sealed) == {"title": "وصل الرد"}
    assert "وصل".encode() not in sealed
    with pytest.raises(InvalidTag):
        other.opened(sealed)


def test_a_payload_that_a_push_service_need_not_take_is_not_sealed() -> None:
    subscription = Subscription.model_validate(PushingBrowser(ENDPOINT).subscription)
    assert len(sealed_for(subscription, b"x" * LONGEST_PAYLOAD)) <= 4_096
    with pytest.raises(ValueError, match="too long"):
        sealed_for(subscription, b"x" * (LONGEST_PAYLOAD + 1))


@pytest.mark.parametrize(
    "unfit", [{"text": "x" * (LONGEST_PAYLOAD + 1)}, {"address": "{}"}], ids=["too long", "no browser"]
)
async def test_what_cannot_be_sealed_is_given_up_and_not_tried_again(unfit: dict[str, Any]) -> None:
    message = pushed(a_device())
    assert isinstance(message, Message)
    vapid = Vapid(a_push_key(), "https://tawasul.example")
    channel = WebPush(SafeHttpClient(AddressPolicy(), timeout_seconds=1), vapid, at_once=1, urgency="normal")
    with pytest.raises(GiveUp, match="not sealed"):
        await channel.send(replace(message, **unfit))


def test_we_say_who_we_are_to_each_push_service_and_keep_what_we_said() -> None:
    vapid = Vapid(a_push_key(), "https://tawasul.example")
    said = vapid.authorization(ENDPOINT)
    token = said.removeprefix("vapid t=").partition(",")[0]
    x, y = (urlsafe_b64encode(decoded(vapid.public_key)[part]).decode() for part in (slice(1, 33), slice(33, 65)))
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x.rstrip("="), "y": y.rstrip("=")})
    claims = jwt.decode(token, key, algorithms=["ES256"]).claims
    assert (claims["aud"], claims["sub"]) == ("https://push.example", "https://tawasul.example")
    assert said.endswith(f", k={vapid.public_key}")
    assert vapid.authorization("https://push.example/send/another") == said
    assert vapid.authorization("https://other.example/send/abc") != said


@pytest.mark.parametrize(
    "key", ["nothing", "?" * 43, "A" * 43, "_" * 43], ids=["short", "no text", "zero", "too great"]
)
def test_what_is_no_private_key_is_told_at_start(key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, some of them are the library's words
        Vapid(key, "https://tawasul.example")


@pytest.mark.parametrize("changed", [{"p256dh": "AAAA"}, {"auth": "AAAA"}, {"auth": "?" * 22}, {"p256dh": ""}])
def test_what_is_no_subscription_is_refused(changed: dict[str, str]) -> None:
    sent = PushingBrowser(ENDPOINT).subscription
    sent["keys"] |= changed
    with pytest.raises(ValidationError):
        Subscription.model_validate(sent)


def pushed(device: Device | None, *chosen: Preferences, **changed: Any) -> Message | Outcome:
    known = {
        "audience": "officer",
        "recipient_kind": "device",
        "recipient": "browser",
        "channel": "push",
        "template": "assigned-to-you",
        "matter": "assignment",
        "person": "officer.one",
        "params": {"reference": "7K3MX-QPA42", "kind": "complaint", "entity": "Entity works", "category": "Roads"},
    }
    notification = a_notification(**known | changed)
    browsers = {device.id: device} if device else {}
    return the_writer().write(
        notification, RecipientFacts({}, {}, {notification.id: Wishes(chosen)}, devices=browsers), NOW
    )


def a_device(subject: str | None = "officer.one", *scope: str) -> Device:
    subscription = Subscription.model_validate(PushingBrowser(ENDPOINT).subscription)
    sealed = a_ring().seal_bytes(subscription.model_dump_json().encode(), owner_of("browser"))
    return Device("browser", subject, scope, sealed)


def test_a_locked_screen_shows_what_happened_and_not_with_whom_nor_about_what() -> None:
    message = pushed(a_device(), language="en")
    assert isinstance(message, Message)
    assert json.loads(message.text) == {
        "title": "A new complaint for your entity",
        "body": "7K3MX-QPA42",
        "lang": "en",
        "dir": "ltr",
        "tag": message.id,
        "url": "/desk/7K3MX-QPA42",
    }
    assert json.loads(message.address)["endpoint"] == ENDPOINT
    for template in the_messages().names:
        for language in ("ar", "en"):
            title = the_messages().pushed(template, language, EVERYTHING)
            assert not [word for word in ("NAME-OF-ENTITY", "NAME-OF-CATEGORY", "OTHER-ENTITY") if word in title]


def test_several_things_at_once_are_one_push() -> None:
    message = pushed(a_device(), template="several", language="ar")
    assert isinstance(message, Message)
    said = json.loads(message.text)
    assert (said["title"], said["dir"]) == ("مستجدات هذا الطلب", "rtl")


def test_a_browser_that_is_somebody_elses_by_now_shows_nothing() -> None:
    for device in (None, a_device("officer.two"), a_device(None, A_SUBMISSION)):
        outcome = pushed(device)
        assert isinstance(outcome, Outcome)
        assert (outcome.state, outcome.reason) == ("cancelled", "no browser")
    assert isinstance(pushed(a_device(None, A_SUBMISSION), person=None, audience="author"), Message)


def test_what_its_reader_has_switched_off_is_not_pushed_also_where_mail_tells_it_all_the_same() -> None:
    off = Preferences(choices={"assignment": {"push": "off"}})
    for mandatory in (False, True):
        outcome = pushed(a_device(), off, mandatory=mandatory)
        assert isinstance(outcome, Outcome)
        assert outcome.reason == "switched off"
    assert isinstance(pushed(a_device(), Preferences(choices={"assignment": {"mail": "off"}})), Message)
    assert isinstance(pushed(a_device(), Preferences(stopped=True)), Message), "it is their work"
    for audience in ("author", "follower", "subscriber"):
        stopped = pushed(a_device(), Preferences(stopped=True), audience=audience)
        assert isinstance(stopped, Outcome)
        assert stopped.reason == "unsubscribed"


def test_browsers_are_a_channel_that_one_can_choose_where_the_inbox_is_told_and_never_gathered() -> None:
    offered = the_table().choices(by_sms=False, by_push=True)
    assert offered["assignment"] == {"mail": True, "push": True}
    assert offered["question"] == {"mail": False, "push": True}
    chosen = Chosen.model_validate({"choices": {"assignment": {"push": "off"}}}).upon(Preferences(), offered, {})
    assert chosen.way("assignment", "SubmissionAssigned", "push") == "off"
    with pytest.raises(ValidationError, match="gathered"):
        Chosen.model_validate({"choices": {"assignment": {"push": "daily"}}})
    form = {"assignment-push": "yes", "assignment-mail": "off"}
    assert read_form(form, {"assignment": {"mail": True, "push": True}}, {}).choices == {
        "assignment": {"mail": "off", "push": "now"}
    }


def test_what_comes_into_an_inbox_is_planned_once_more_for_each_browser_of_its_reader_without_its_text() -> None:
    browsers = {"officer.one": ["one", "two"], "citizen.maryam": ["three"], A_SUBMISSION: ["four"]}
    filed = tell(None, an_event(received()), a_directory(), the_table(), NOW)
    assigned = an_event(a_fact("SubmissionAssigned"), 1)
    decision = tell(
        filed.state, assigned, a_directory(), the_table(), NOW, devices_of=lambda reader: browsers.get(reader, ())
    )
    told = [document for collection, document in decision.records if collection == "notifications"]
    planned = {each["recipient"]: each for each in told if each["channel"] == "push"}
    assert planned.keys() == {"one", "two", "three"}
    assert [planned[id].get("person") for id in ("one", "three")] == ["officer.one", "citizen.maryam"]
    assert all(each["recipient_kind"] == "device" and "text" not in each["params"] for each in planned.values())
    inbox = {each["recipient"] for each in told if each["channel"] == "inbox"}
    assert {"officer.one", "citizen.maryam"} <= inbox
