"""One submission through the handlers of all four services, without Kafka: nobody keeps a word of an erased person."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from intake.consumers import HANDLERS as INTAKE
from intake.erasure.commands import erase
from intake.submissions.life import Status
from intake.submissions.model import Erasure, Submission
from intake.submissions.time_limits import Limits
from intake.tracking import commands as citizen
from notifier.consumers import handlers
from router.casework import decisions as work
from router.consumers import HANDLERS as ROUTER
from router.consumers import EventContext
from shared.events.envelope import Cause, Event, OutgoingEvent, caused_by, kafka_headers, read_event
from shared.events.model import Location
from shared.events.submissions import SubmissionReceived
from shared.events.topics import BY_NAME
from shared.storage.aggregates import Decision, StoredAggregate
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.consumers import HANDLERS as SLA_MONITOR
from sla_monitor.timekeeping.reference import Reference
from tawasul.stack.settings import SERVICES

from tests.support import notifier, router
from tests.support.intake import a_submission
from tests.support.sla_monitor import a_rulebook

ID = router.A_SUBMISSION
OFFICER = "officer.works"
WORDS = ("gatekeeper", "Road 2825", "50.51", "third lamp", "subject-7", "her house", "came at night")
"""What its author says, where it is and who it is; and what officials say of that."""


def _reference() -> Reference:
    known = Rulebooks(lambda after: None)  # type: ignore[arg-type, return-value]
    known.add(a_rulebook())
    return Reference(known, notifier.a_directory())


class Country:
    """Each service's aggregate of this one submission, and every event that was ever published, in order."""

    def __init__(self) -> None:
        self.now = router.NOW
        self.said: list[Event] = []
        self.services: dict[str, tuple[Any, Any]] = {
            "intake": (INTAKE, Limits()),
            "router": (ROUTER, EventContext(router.a_directory)),
            "sla-monitor": (SLA_MONITOR, _reference()),
            "notifier": (handlers(notifier.the_table()), notifier.a_directory()),
        }
        self.kept: dict[str, StoredAggregate[Any]] = {name: StoredAggregate(ID) for name in self.services}
        self.read = dict.fromkeys(self.services, 0)
        self.erasures_noted: set[str] = set()

    def does(self, service: str, decide: Callable[[Any], Decision[Any]]) -> None:
        """A command at one service, and all that follows from it everywhere."""
        self.now += timedelta(minutes=1)
        aggregate = self.kept[service]
        aggregate.apply(decide(aggregate.state), f"/tawasul/{service}", self.now, Cause("story"))
        while self._publish():
            for name in self.services:
                unread, self.read[name] = self.said[self.read[name] :], len(self.said)
                for event in unread:
                    self.hears(name, event)

    def hears(self, service: str, event: Event) -> None:
        known, reference = self.services[service]
        handler = known.get(type(event.data))
        if event.topic.owner == service or handler is None:
            return
        aggregate = self.kept[service]
        decision = handler(aggregate.state, event, reference, self.now)
        if decision is not None:
            aggregate.apply(decision, f"/tawasul/{service}", self.now, caused_by(event))
            if any(collection == "erasures" for collection, _ in decision.records):
                self.erasures_noted.add(service)

    def _publish(self) -> bool:
        before = len(self.said)
        for aggregate in self.kept.values():
            for entry in aggregate.entries:
                if entry["value"] is not None:
                    topic = BY_NAME[entry["topic"]]
                    self.said.append(read_event(topic, entry["key"].encode(), entry["value"], kafka_headers(entry)))
            aggregate.entries = []
        return len(self.said) > before

    def state(self, service: str) -> Any:
        return self.kept[service].state

    def words_kept(self) -> dict[str, list[str]]:
        """Which words stand in whose aggregate."""
        kept = {name: a.state.model_dump_json() if a.state else "" for name, a in self.kept.items()}
        return {name: [word for word in WORDS if word in state] for name, state in kept.items()}

    def told(self) -> list[dict[str, Any]]:
        """The notifications that were planned."""
        return [document for collection, document in self.kept["notifier"].records if collection == "notifications"]


NOBODY_KEEPS: dict[str, list[str]] = {name: [] for name in SERVICES}


def filed(_: Any) -> Decision[Submission]:
    submission = a_submission(
        text="A pothole, ask the gatekeeper.",
        reference="7K3MX-QPA42",
        location=Location(lat=26.2, lon=50.51, block="150", address="Road 2825"),
        author="subject-7",
        received_at=router.NOW,
    )
    known = submission.model_dump(include=set(SubmissionReceived.model_fields))
    return Decision(submission, [OutgoingEvent(SubmissionReceived(submission_id=ID, to_state="received", **known))])


@pytest.fixture
def country() -> Country:
    """It was asked about, answered to, added to, answered, and reopened."""
    country = Country()
    country.does("intake", filed)
    country.does("router", lambda state: work.ask(ID, state, "q1", "Is it at her house?", OFFICER, country.now))
    country.does(
        "intake", lambda state: citizen.add_information(ID, state, "the third lamp", "q1", Limits(), country.now)
    )
    country.does("router", lambda state: work.note(ID, state, "The gatekeeper calls daily.", (), OFFICER, country.now))
    country.does("router", lambda state: work.answer(ID, state, "We came at night.", "done", OFFICER, country.now))
    country.does(
        "intake", lambda state: citizen.reopen(ID, state, "not by the gatekeeper's word", Limits(), country.now)
    )
    assert country.state("intake").status == Status.ASSIGNED
    assert all(country.words_kept()[name] for name in ("intake", "router"))
    return country


def erased(country: Country) -> None:
    asked = Erasure(at=country.now, by="citizen", reason="asked")
    country.does("intake", lambda state: erase(ID, state, asked, country.now))


def test_no_service_keeps_a_word_and_each_keeps_what_happened(country: Country) -> None:
    erased(country)
    assert country.words_kept() == NOBODY_KEEPS
    assert country.erasures_noted == {"router", "sla-monitor", "notifier"}
    states = {name: country.state(name) for name in country.kept}
    assert states["intake"].status == "withdrawn"
    assert (states["router"].state, states["router"].entity) == ("withdrawn", "works")
    assert states["router"].submission.location == Location(block="150")
    assert states["sla-monitor"].standing.state == "stopped"
    assert (states["notifier"].erased, states["notifier"].author) == (True, None)


def test_facts_that_come_late_or_once_more_bring_nobody_back(country: Country) -> None:
    erased(country)
    planned = len(country.told())
    again = list(country.said)
    random.Random(7).shuffle(again)
    for event in again:
        for name in country.services:
            country.hears(name, event)
    assert country.words_kept() == NOBODY_KEEPS
    assert [document for document in country.told()[planned:] if document["audience"] == "author"] == []


@pytest.mark.parametrize("seed", range(5))
def test_an_erasure_that_is_read_before_what_it_erases_erases_that_too(country: Country, seed: int) -> None:
    erased(country)
    fresh = Country()
    mixed = list(country.said)
    random.Random(seed).shuffle(mixed)
    mixed.sort(key=lambda event: event.type != "PersonErased")
    for event in mixed:
        for name in ("router", "sla-monitor", "notifier"):
            fresh.hears(name, event)
    kept = fresh.words_kept()
    assert {name: kept[name] for name in ("router", "sla-monitor", "notifier")} == {
        name: [] for name in ("router", "sla-monitor", "notifier")
    }
    assert [document for document in fresh.told() if document["audience"] == "author"] == []


def test_a_second_erasure_is_harmless(country: Country) -> None:
    erased(country)
    before = {name: country.state(name).model_dump() for name in country.kept}
    erased(country)
    after = {name: country.state(name).model_dump() for name in country.kept}
    assert country.words_kept() == NOBODY_KEEPS
    assert {name: after[name] for name in ("intake", "router", "sla-monitor")} == {
        name: before[name] for name in ("intake", "router", "sla-monitor")
    }
