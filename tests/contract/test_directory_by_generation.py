"""Whatever the directory says, generated from its events, every service reads it and goes on with its work.

It is no consumer's batch: an event that a reader refused would end the process, and one that only a use case refuses
would set aside what others publish.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from intake.catalogue.places import Places
from intake.catalogue.suggest import Suggester
from intake.open311 import catalogue
from shared.events import assignments, deadlines, submissions
from shared.events.directory import AreaChanged, CategoryChanged, EntityChanged, OfficialChanged, PlaceChanged
from shared.events.model import EventData
from shared.events.topics import DIRECTORY
from shared.reference.directory import Directory
from shared.storage.aggregates import Document
from sla_monitor.clocks.commands import declare_due

from tests.support.events.consumers import (
    NOW,
    asked,
    entry_of,
    notifier,
    read_by_every_process,
    run,
    sla_monitor,
)
from tests.support.events.generated import events, limits_of
from tests.support.events.states import lead_to, ordinary

IS_THOROUGH = bool(os.environ.get("TAWASUL_TEST_THOROUGH"))
EXAMPLES = 200 if IS_THOROUGH else 5

KNOWN: dict[type[EventData], dict[str, str]] = {
    EntityChanged: {"entity": "works"},
    OfficialChanged: {"official": "officer.works"},
    CategoryChanged: {"category": "roads.pothole"},
    AreaChanged: {"area": "west"},
    PlaceChanged: {},
}
"""Somebody and something that the cases below are about."""

GIVEN: tuple[type[EventData], ...] = (
    submissions.SubmissionReceived,
    submissions.SubmissionReopened,
    submissions.AppealFiled,
    assignments.TriageRequested,
    assignments.SubmissionAssigned,
    assignments.SubmissionTransferred,
    assignments.InformationRequested,
    assignments.OfficialPutInCharge,
    assignments.OfficialsMentioned,
    assignments.SubCaseReceived,
    assignments.ConfidentialityChanged,
    deadlines.DeadlineBreached,
    deadlines.DeadlineEscalated,
    deadlines.DeadlinesMoved,
)
"""Events for which a service asks the directory: who has it, where it lies, who is told."""

LATER = timedelta(days=60)
CITIZEN_WRITES = ({"place": "a", "address": "b"}, {"place": "312"}, {"place": "حفرة"}, {"lat": 26.2, "lon": 50.5})


@cache
def _published() -> list[Document]:
    """Events of the cases, in the order of their publication."""
    found = []
    for number, event in enumerate(GIVEN):
        key = f"0b8f6f0e-3a3d-4c52-9c1e-{number:012}"
        told = {"category": "roads.pothole", "official": "officer.works", "officials": ("officer.works",)}
        data = ordinary(event, key)
        data = data.model_copy(update={name: value for name, value in told.items() if name in event.model_fields})
        found += [*lead_to(event, key), entry_of(data, 50)]
    return found


def _sla_monitor_works(directory: Directory) -> None:
    service = sla_monitor(directory)
    assert service.given(_published()) == {}
    for id in {entry["key"] for entry in _published()}:
        clock = run(service.consumer.aggregates.find(id))
        if clock is not None and clock.state is not None:
            declare_due(id, clock.state, service.consumer.reference(), NOW + LATER)


def _notifier_works(directory: Directory) -> None:
    assert notifier(directory).given(_published()) == {}


def _intake_works(directory: Directory) -> None:
    suggester, places = Suggester(directory), Places(directory)
    for text in ("There is a pothole.", "حفرة في الطريق", "x" * 4_000):
        suggester.suggested(text)
    for written in CITIZEN_WRITES:
        places.located(written)
    for lang in ("ar", "en"):
        for category in catalogue.services(directory):
            catalogue.service(category, directory, lang)
            catalogue.definition(category, lang)


WORKS: dict[str, Callable[[Directory], None]] = {
    "every process": asked,
    "intake": _intake_works,
    "sla-monitor": _sla_monitor_works,
    "notifier": _notifier_works,
}


def _some_limits(event: type[EventData]) -> list[tuple[str, EventData]]:
    """The last of each field, and all of them where there is time: on each of these, all services work."""
    limits = list(limits_of(event, KNOWN[event]))
    if IS_THOROUGH:
        return limits
    return list({what.partition(" = ")[0]: (what, data) for what, data in limits}.values())


@pytest.mark.parametrize("service", WORKS)
@pytest.mark.parametrize("event", DIRECTORY.events.values(), ids=lambda event: event.__name__)
def test_each_limit_of_what_a_directory_says_is_worked_with(event: type[EventData], service: str) -> None:
    for what, data in _some_limits(event):
        try:
            WORKS[service](read_by_every_process([data]))
        except Exception as error:
            raise AssertionError(what) from error


@pytest.mark.parametrize("service", WORKS)
@pytest.mark.parametrize("event", DIRECTORY.events.values(), ids=lambda event: event.__name__)
def test_whatever_a_directory_says_is_worked_with(event: type[EventData], service: str) -> None:
    @settings(
        max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, derandomize=not IS_THOROUGH
    )
    @given(events(event, *KNOWN[event].items()))
    def worked_with(data: EventData) -> None:
        WORKS[service](read_by_every_process([data]))

    worked_with()
