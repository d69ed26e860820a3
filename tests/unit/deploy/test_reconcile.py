"""`tawasul reconcile` against four services that are played here."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import httpx2
import pytest
from rich.console import Console
from tawasul.reconcile import Operations, Reconciliation, Refused, show, show_one
from tawasul.stack.settings import SERVICES

OF = {
    "intake": "tawasul.submissions.v1",
    "router": "tawasul.assignments.v1",
    "sla-monitor": "tawasul.deadlines.v1",
    "notifier": "tawasul.notifications.v1",
}
URLS = {service: f"http://{service}" for service in SERVICES}
SUBMISSION = "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10"
GREEN = "0 dead letters, 0 cases without a clock, 0 differences between the services"


class NoSignIn:
    async def headers(self, subject: str) -> dict[str, str]:
        return {}


def a_difference(**changed: Any) -> dict[str, Any]:
    known = {"submission": SUBMISSION, "topic": "tawasul.submissions.v1", "kind": "event", "sequence": 1}
    return known | {"since": "2026-11-28T12:00:00Z", "cause": "not_taken"} | changed


class Services:
    """Each compares all that the others stated at the second time of asking."""

    def __init__(self) -> None:
        self.differences: dict[str, list[dict[str, Any]]] = {}
        self.dead_letters: dict[str, list[dict[str, Any]]] = {}
        self.waiting = 0
        self.clocks_unknown = 0
        self.never_whole = False
        self._asked = 0

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        service, path = request.url.host, request.url.path
        if request.method == "POST":
            return httpx2.Response(202, json={"id": "round", "topics": [OF[service]]})
        if "/rounds/" in path:
            self._asked += 1
            is_whole = self._asked > len(SERVICES) and not self.never_whole
            others = [topic for owner, topic in OF.items() if owner != service]
            return httpx2.Response(
                200, json={"compared": [{"topic": t, "submissions": 183, "is_whole": is_whole} for t in others]}
            )
        if path.endswith("/dead-letters"):
            return httpx2.Response(200, json={"items": self.dead_letters.get(service, [])})
        found = self.differences.get(service, [])
        waiting, self.waiting = self.waiting, 0
        reasons = {"clock_unknown": self.clocks_unknown} if service == "sla-monitor" else {}
        counts = [{"topic": each["topic"], "kind": each["kind"], "count": 1} for each in found]
        return httpx2.Response(200, json={"counts": counts, "waiting": waiting, "reasons": reasons, "items": found})


async def compared(services: Services, patience: float = 20) -> Reconciliation:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(services.answer)) as http:
        return await Operations(http, NoSignIn(), URLS).reconcile(patience)


def told(tell: Callable[[Console], Any]) -> str:
    output = StringIO()
    tell(Console(file=output, width=160))
    return output.getvalue()


async def test_where_nothing_is_missing_the_last_line_says_so_and_how_much_was_compared() -> None:
    found = await compared(Services())
    assert found.is_green
    said = told(lambda console: show(console, found))
    assert said.splitlines()[-1] == GREEN
    assert "183 of tawasul.submissions.v1" in said


async def test_what_may_heal_by_itself_is_waited_for() -> None:
    services = Services()
    services.waiting = 3
    assert (await compared(services)).is_green


async def test_a_case_whose_receipt_or_clock_is_missing_has_no_clock_and_is_counted_once() -> None:
    services = Services()
    services.differences = {
        "sla-monitor": [a_difference(), a_difference(kind="clock", sequence=None)],
        "intake": [a_difference(topic="tawasul.assignments.v1", kind="timeline", sequence=2)],
    }
    found = await compared(services)
    assert not found.is_green
    assert found.sums == "0 dead letters, 1 cases without a clock, 3 differences between the services"
    assert SUBMISSION in told(lambda console: show(console, found))


async def test_a_case_whose_clock_is_unknown_is_no_difference_and_has_none() -> None:
    services = Services()
    services.clocks_unknown = 2
    found = await compared(services)
    assert not found.is_green
    assert found.sums == "0 dead letters, 2 cases without a clock, 0 differences between the services"


async def test_a_dead_letter_alone_is_not_green() -> None:
    services = Services()
    services.dead_letters = {"router": [{"id": "one"}]}
    found = await compared(services)
    assert (found.is_green, found.dead_letters, found.different) == (False, 1, 0)


async def test_what_could_not_be_compared_in_time_is_not_green() -> None:
    services = Services()
    services.never_whole = True
    found = await compared(services, patience=0)
    assert not found.is_green
    assert "not all was compared" in told(lambda console: show(console, found))


async def test_a_service_that_refuses_or_is_away_is_named() -> None:
    def away(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(away)) as http:
        with pytest.raises(Refused, match="intake does not answer"):
            await Operations(http, NoSignIn(), URLS).reconcile()


def one_case(**changed: dict[str, Any]) -> dict[str, Any]:
    answers = {
        service: {
            "published": [{"topic": OF[service], "sequence": 2, "waiting": 0, "is_open": True, "is_part": False}],
            "taken": [{"topic": topic, "sequence": 2} for owner, topic in OF.items() if owner != service],
            "differences": [],
            "given_up": [],
        }
        for service in SERVICES
    }
    return {service: answer | changed.get(service.replace("-", "_"), {}) for service, answer in answers.items()}


def test_of_one_case_what_was_published_stands_beside_what_was_taken() -> None:
    assert one_case_of(one_case()) == 0
    assert one_case_of(one_case(router={"taken": [{"topic": OF["intake"], "sequence": 1}]})) == 1
    assert one_case_of(one_case(sla_monitor={"published": []})) == 1
    behind = {"taken": [{"topic": OF["intake"], "sequence": 1}]}
    assert one_case_of(one_case(router=behind | {"given_up": [OF["intake"]]})) == 0


def one_case_of(answers: dict[str, Any]) -> int:
    return show_one(Console(file=StringIO()), SUBMISSION, answers)
