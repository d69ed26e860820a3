"""Which endpoint is told of which event, and where webhooks never go."""

import asyncio
import json
from datetime import timedelta
from ipaddress import ip_address
from itertools import pairwise
from typing import Any

import pytest
from notifier.cases.model import Case, fact_of
from notifier.notifications.outcomes import RetryPolicy
from notifier.outbound.safe_http import AddressNotAllowed, AddressPolicy, NoAnswer, SafeHttpClient
from notifier.planning.commands import EVENT_TYPES, tell
from notifier.webhooks.model import (
    FOR_PARTNERS,
    OFFERED,
    SECRET_OVERLAP,
    Delivery,
    Endpoint,
    Partner,
    Secret,
    allowed_events,
    delivery_id,
    planned,
    verdict,
)
from shared.events.model import EventData
from starlette.responses import Response

from tests.support.notifier import A_SUBMISSION, NOW, a_directory, a_fact, an_event, received, the_table
from tests.support.webhooks import Received, a_receiver, answering, at_length

ALL = tuple(sorted(OFFERED.values()))
A_PARTNER = Partner(name="Open Data Lab", subject="partner.lab", language="en")


def an_endpoint(**changed: Any) -> Endpoint:
    known = {"url": "https://hooks.works.example/", "events": ALL, "entity": "works", "made_at": NOW, "made_by": "x"}
    return Endpoint.model_validate(known | changed)


def of_a_partner(**changed: Any) -> Endpoint:
    return an_endpoint(entity=None, partner=A_PARTNER, **changed)


def told(*facts: EventData, endpoint: Endpoint | None = None, late: timedelta = timedelta()) -> list[Delivery]:
    """What is stored for an endpoint with these, which came in one batch."""
    case: Case | None = None
    found: list[Delivery] = []
    for number, data in enumerate(facts, start=1):
        event, endpoints = an_event(data, number), [("e1", endpoint or an_endpoint())]
        decision = tell(case, event, a_directory(), the_table(), NOW + late, endpoints)
        case = decision.state
        records = [document for name, document in decision.records if name == "webhook_deliveries"]
        found += [Delivery.model_validate(document | {"id": document["_id"]}) for document in records]
    return found


def types(*facts: EventData, **changed: Any) -> list[str]:
    return [each.type for each in told(*facts, **changed)]


def test_every_event_that_is_offered_is_one_of_ours_and_partners_get_some_of_them() -> None:
    assert OFFERED.keys() <= EVENT_TYPES.keys()
    assert len(set(OFFERED.values())) == len(OFFERED)
    assert allowed_events(True) == FOR_PARTNERS < allowed_events(False)


def test_an_entity_hears_what_concerns_it_and_of_what_leaves_it() -> None:
    assigned = a_fact("SubmissionAssigned", entity="works")
    away = a_fact("SubmissionTransferred", entity="power", from_entity="works")
    answered = a_fact("SubmissionAnswered", entity="power")
    assert types(received(), assigned, away, answered) == ["submission.assigned", "submission.transferred"]
    assert types(received(), assigned, endpoint=an_endpoint(events=("submission.answered",))) == []
    assert types(received(), assigned, endpoint=an_endpoint(entity="power")) == []
    assert types(received(), assigned, endpoint=an_endpoint(removed_at=NOW)) == []


def test_a_partner_hears_of_what_is_published_and_not_of_what_is_hidden_again() -> None:
    facts = [
        received(),
        a_fact("SubmissionAssigned"),
        a_fact("SubmissionPublished"),
        a_fact("SubmissionAnswered"),
        a_fact("InformationRequested"),
        a_fact("SubmissionHidden"),
        a_fact("SubmissionReopened"),
    ]
    heard = types(*facts, endpoint=of_a_partner())
    assert heard == ["submission.published", "submission.answered", "submission.hidden"]


def test_nothing_is_said_that_somebody_wrote_or_that_tells_who_they_are() -> None:
    facts = [a_fact(name) for name in OFFERED if name != "SubmissionHidden"]
    for each in told(received(), *facts):
        said = json.loads(each.body)
        assert said.keys() == {"type", "timestamp", "data"}
        fields = {"submission_id", "reference", "kind", "category", "entity", "from_entity", "state", "due_at"}
        assert said["data"].keys() <= fields
        for personal in ("pothole", "Where exactly", "because", "officer.one", "maryam"):
            assert personal not in each.body


def test_what_is_imported_or_happened_long_ago_is_told_nobody() -> None:
    assigned = a_fact("SubmissionAssigned")
    assert types(received(channel="import"), assigned) == []
    assert types(received(), assigned, late=timedelta(hours=25)) == []


def test_what_came_before_its_submission_is_told_with_it_and_has_an_id_that_planning_again_gives_again() -> None:
    assert types(a_fact("SubmissionAssigned"), received()) == ["submission.assigned"]
    assert delivery_id("event", "e1") == delivery_id("event", "e1") != delivery_id("event", "e2")


def test_what_comes_in_one_batch_or_by_a_clock_that_is_behind_keeps_its_order() -> None:
    together = told(received(), *map(a_fact, ("SubmissionAssigned", "AssignmentAcknowledged", "SubmissionAnswered")))
    moments = [each.planned_at for each in together]
    assert [each.type.partition(".")[2] for each in together] == ["assigned", "acknowledged", "answered"]
    assert [later - earlier for earlier, later in pairwise(moments)] == [timedelta(milliseconds=1)] * 2
    case = Case(reference="T-1", published=True, webhooks_until=NOW + timedelta(seconds=2))
    fact = fact_of(an_event(a_fact("SubmissionAnswered")))
    (later,) = planned([fact], case, A_SUBMISSION, [("e1", of_a_partner())], NOW)
    assert later.planned_at == NOW + timedelta(seconds=2, milliseconds=1)


def test_two_secrets_sign_for_a_day_after_a_rotation_and_never_three() -> None:
    first, second, third = (Secret(id=id, sealed=id, made_at=NOW) for id in "abc")
    rotated = an_endpoint(secrets=(first,)).rotated(second, NOW)
    assert [each.id for each in rotated.signing(NOW)] == ["b", "a"]
    assert [each.id for each in rotated.signing(NOW + SECRET_OVERLAP)] == ["b"]
    again = rotated.rotated(third, NOW + timedelta(hours=1))
    assert [each.id for each in again.signing(NOW + timedelta(hours=1))] == ["c", "b"]


def test_only_2xx_is_taken_and_410_is_final() -> None:
    statuses = (204, 301, 404, 500, None, 410)
    assert [verdict(status) for status in statuses] == ["taken", *["again"] * 4, "gone"]


def test_an_endpoint_is_tried_for_hours_before_it_is_given_up() -> None:
    policy = RetryPolicy(timedelta(seconds=5), timedelta(hours=4), 14)
    assert sum((policy.pause(n, 0.99) for n in range(1, 14)), timedelta()) > timedelta(hours=6)


INSIDE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "255.255.255.255"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_of_an_inner_network_is_reached(address: str) -> None:
    assert not AddressPolicy().admits(ip_address(address))


def test_public_addresses_are_reached_unless_they_are_our_own() -> None:
    own = AddressPolicy.of("", "193.188.0.0/16, 2001:db8::/32")
    assert own.admits(ip_address("8.8.8.8"))
    assert own.admits(ip_address("2606:4700::1111"))
    assert not own.admits(ip_address("193.188.7.7"))
    assert AddressPolicy.of("10.0.0.0/8", "").admits(ip_address("::ffff:10.0.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "https://user:pw@hooks.example/", "https://", "hooks"),
        *("https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://localhost/"),
        *("https://mongodb:27017/", "https://kafka.internal/", "https://printer.local/", "https://hooks.example/#x"),
        *("https://hooks.example:0/", "https://hooks.example:99999/", "https://hooks.example/\nX: y"),
        "https://hooks.example/" + 500 * "x",
    ],
)
def test_an_address_that_cannot_be_outside_is_refused_when_it_is_registered(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        AddressPolicy().check_url(url)


def test_an_ordinary_address_is_taken() -> None:
    AddressPolicy().check_url("https://hooks.works.gov.example:8443/tawasul?unit=7")


async def test_a_name_that_leads_inside_is_not_connected_to_however_often_it_changes_its_mind() -> None:
    answers = [["93.184.216.34", "127.0.0.1"], ["127.0.0.1"], ["::ffff:127.0.0.1"], []]

    async def _rebinding(host: str, port: int) -> list[str]:
        return answers.pop(0)

    outside = SafeHttpClient(AddressPolicy(), 2, _rebinding)
    while answers:
        with pytest.raises(AddressNotAllowed):
            await outside.post("https://rebinding.example/", b"{}", {})
    await outside.close()


async def test_the_connection_goes_to_the_address_that_was_judged_and_redirects_lead_nowhere() -> None:
    asked: list[str] = []

    async def _resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with a_receiver() as receiver:
        outside = SafeHttpClient(AddressPolicy.of("127.0.0.0/8", ""), 5, _resolve)
        receiver.verdicts.append(answering(302, location=receiver.url("/elsewhere")))
        answer = await outside.post(f"http://hooks.example:{receiver.port}/hooks", b"{}", {"X-A": "1"})
        assert answer.status == 302
        assert [each.path for each in receiver.refused] == ["/hooks"]
        assert receiver.refused[0].headers["host"] == f"hooks.example:{receiver.port}"
        assert (receiver.taken, asked) == ([], ["hooks.example"])
        await outside.close()


async def test_an_answer_that_is_too_long_or_never_comes_holds_nobody_up() -> None:
    enough = asyncio.Event()

    async def _late(sent: Received) -> Response:
        await enough.wait()
        return Response()

    async with a_receiver() as receiver:
        outside = SafeHttpClient(AddressPolicy.of("127.0.0.0/8", ""), 5)
        receiver.verdicts.append(at_length)
        answer = await outside.post(receiver.url(), b"{}", {})
        assert (answer.status, len(answer.beginning)) == (200, 16 * 1024)
        outside.timeout_seconds = 0.05
        receiver.verdicts.append(_late)
        with pytest.raises(NoAnswer, match="no answer in time"):
            await outside.post(receiver.url(), b"{}", {})
        enough.set()
        await outside.close()


async def test_a_name_that_nobody_has_is_told_as_no_connection() -> None:
    async def _nobody(host: str, port: int) -> list[str]:
        raise OSError

    outside = SafeHttpClient(AddressPolicy(), 2, _nobody)
    with pytest.raises(NoAnswer, match="no connection"):
        await outside.post("https://nobody.example/", b"", {})
    await outside.close()
