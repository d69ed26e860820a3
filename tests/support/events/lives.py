"""Whole lives of a submission through all four services: what one really decides is given to the others until quiet.

Citizens and officials act by the services' own use cases. Only what needs a post office, a mail that left, is made up.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from intake.confirmation import commands as confirm
from intake.erasure import commands as erase
from intake.submissions.contact_confirmation import Confirmation
from intake.submissions.errors import Refused
from intake.submissions.model import Attachment, Erasure, Submission
from intake.submissions.time_limits import Limits
from intake.tracking import commands as citizen
from notifier.notifications.model import UNFINISHED, Notification
from notifier.notifications.model import State as MessageState
from notifier.notifications.outcome_store import event_of
from notifier.notifications.outcomes import Outcome
from router.cases.model import Assignment, NotPossible
from router.casework import decisions as work
from router.replies import approvals as approve
from router.replies import suggestions as suggest
from router.staffing import commands as staff
from shared.events.envelope import Cause, OutgoingEvent
from shared.events.fields import entity_of, from_entity_of
from shared.events.model import Priority, SubmissionEvent
from shared.events.submissions import SubmissionReceived
from shared.storage.aggregates import Decision, Document, StoredAggregate
from sla_monitor.clocks.commands import declare_due
from sla_monitor.clocks.record import ClockRecord

from tests.support.events.consumers import MAKERS, NOW, ServiceUnderTest, entry_of, run, the_reference
from tests.support.events.in_memory import entries_of

OFFICIAL = "officer.works"
MOST_ROUNDS = 20
A_MOMENT = timedelta(milliseconds=250)
"""Between what one person does and the next: what everybody is told has its order by that."""


@cache
def _services() -> dict[str, ServiceUnderTest]:
    """Made once; each life begins with empty stores."""
    return {name: make() for name, make in MAKERS.items()}


class NeverQuiet(AssertionError):
    """The services answer one another without end."""


Lost = Callable[[str, Document], bool]
"""Whether this event never comes to this service."""


def nothing_is_lost(service: str, entry: Document) -> bool:
    return False


@dataclass
class Life:
    """One submission, from its receipt on; `faults` is what a service would not take, by service."""

    received: SubmissionReceived
    services: dict[str, ServiceUnderTest] = field(
        default_factory=lambda: {name: make() for name, make in MAKERS.items()}
    )
    now: datetime = NOW
    faults: list[str] = field(default_factory=list)
    published: list[Document] = field(default_factory=list)
    planned: int = 0
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Messages that intake is told of, by audience and channel."""
    lost: Lost = nothing_is_lost

    @property
    def id(self) -> str:
        return self.received.submission_id

    def begin(self) -> None:
        """As intake stores it, with the event in its outbox."""
        for service in self.services.values():
            service.database.clear()
        self._at(NOW)
        known = self.received.model_dump(include=set(Submission.model_fields))
        if self.received.needs_confirmation:
            known |= {"author": None, "confirmation": Confirmation.AWAITED}
        self._written("intake", lambda _: Decision(Submission(**known), [OutgoingEvent(self.received)]))

    def act(self, action: str, text: str) -> None:
        """Refuse what the table does not allow now, as the API would."""
        service, decide = ACTIONS[action]
        self._at(self.now + A_MOMENT)
        self._written(service, lambda state: decide(self, state, text) if state is not None else None)

    def time_passes(self, by: timedelta) -> None:
        """The sweeper comes at each moment that a clock asks for."""
        end, reference = self.now + by, the_reference()
        for _ in range(MOST_ROUNDS):
            record: ClockRecord | None = self._state("sla-monitor")
            if record is None or record.next_at is None or record.next_at > end:
                break
            self._at(max(self.now, record.next_at))
            self._written("sla-monitor", lambda state: declare_due(self.id, state, reference, self.now))
        self._at(end)

    def _at(self, now: datetime) -> None:
        self.now = now
        for service in self.services.values():
            service.now[0] = now

    def _state(self, service: str) -> Any:
        found = run(self.services[service].consumer.aggregates.find(self.id))
        return found.state if found else None

    def _written(self, service: str, decide: Callable[[Any], Decision[Any] | None]) -> None:
        aggregates = self.services[service].consumer.aggregates
        aggregate = run(aggregates.find(self.id)) or StoredAggregate[Any](self.id)
        try:
            decision = decide(aggregate.state)
        except (Refused, NotPossible):
            return
        if decision is not None:
            self.faults += _states_misnamed(service, aggregate.state, decision)
            if service == "router":
                self.faults += _custodians_misnamed(aggregate.state, decision)
            aggregate.apply(decision, aggregates.source, self.now, Cause(self.id))
            run(aggregates.save([aggregate]))
        self.settle()

    def settle(self) -> None:
        """Give what each publishes to the others until nobody has anything to say."""
        for _ in range(MOST_ROUNDS):
            waiting = [entry for entry in self._waiting() if entry["value"] is not None]
            if not waiting:
                return
            self.published += waiting
            for name, service in self.services.items():
                given = [entry for entry in waiting if not self.lost(name, entry)]
                self.faults += [f"{name}: {why}" for why in service.given(given).values()]
        raise NeverQuiet

    def _waiting(self) -> list[Document]:
        return [*entries_of(each.database for each in self.services.values()), *self._sent()]

    def _sent(self) -> Iterator[Document]:
        """Send what was planned at once; an inbox message has arrived."""
        for document in self.services["notifier"].database["notifications"].take_all():
            planned = Notification.model_validate({**document, "id": document["_id"]})
            self.planned += 1
            if planned.state not in UNFINISHED:
                continue
            sending = planned.model_copy(update={"state": MessageState.SENDING.value})
            sent = Outcome(sending, MessageState.SENT)
            if sent.is_published:
                self.sent[planned.audience, planned.channel] += 1
                yield entry_of(event_of(sent, sending), self.sent.total(), self.now)


def _states_misnamed(service: str, before: Any, decision: Decision[Any]) -> Iterator[str]:
    """An action is told with the states that the case really left and reached."""
    if service not in STATE_OF:
        return
    left, reached = (str(getattr(state, STATE_OF[service])) for state in (before or decision.state, decision.state))
    told = [draft.data for draft in decision.events if isinstance(draft.data, SubmissionEvent)]
    if not told:
        return
    beginnings = [left if before is not None else None, *(each.to_state for each in told[:-1])]
    for data, beginning in zip(told, beginnings, strict=True):
        if data.from_state != beginning:
            yield f"{service}: {data.type} says that it left {data.from_state}, it was {beginning}"
    if told[-1].to_state != reached:
        yield f"{service}: {told[-1].type} says that it reached {told[-1].to_state}, it is {reached}"


STATE_OF = {"intake": "status", "router": "state"}
"""Where a service whose commands people give keeps the state that its events name."""


def _custodians_misnamed(before: Assignment | None, decision: Decision[Assignment]) -> Iterator[str]:
    """An action is told with the entity that has the case after it and, where it moved, the one that had it before."""
    for data in (draft.data for draft in decision.events):
        entity, from_entity = entity_of(data), from_entity_of(data)
        if entity not in (None, decision.state.entity):
            yield f"router: {data.type} says that {entity} has it, {decision.state.entity} has"
        if from_entity is not None and (before is None or from_entity != before.entity):
            yield f"router: {data.type} says that {from_entity} had it, {before and before.entity} had"


def _decides(
    decision: Literal["upheld", "dismissed"], life: "Life", state: Assignment, text: str
) -> Decision[Assignment]:
    return work.decide_appeal(life.id, state, decision, text, "central.triage", life.now)


Act = Callable[[Life, Any, str], Decision[Any] | None]


def _answers(life: Life, state: Submission, text: str) -> Decision[Submission]:
    asked = state.question.id if state.question else None
    return citizen.add_information(life.id, state, text, asked, Limits(), life.now)


def _attaches(life: Life, state: Submission, text: str) -> Decision[Submission] | None:
    number = len(state.attachments)
    file = Attachment(id=f"f{number}", media_type="image/jpeg", size=2**40, name=text, at=life.now)
    return citizen.attach(life.id, state, [file], Limits(), life.now)


def _erases(life: Life, state: Submission, text: str) -> Decision[Submission]:
    return erase.erase(life.id, state, Erasure(at=life.now, by="citizen", reason="asked"), life.now)


def _interim(life: Life, state: Assignment, text: str) -> Decision[Assignment]:
    return work.interim_reply(life.id, state, text, life.now + timedelta(days=9), OFFICIAL, life.now)


ACTIONS: dict[str, tuple[str, Act]] = {
    "confirm": ("intake", lambda life, state, text: confirm.confirm(life.id, state)),
    "add": ("intake", _answers),
    "attach": ("intake", _attaches),
    "withdraw": ("intake", lambda life, state, text: citizen.withdraw(life.id, state, text, life.now)),
    "rate": ("intake", lambda life, state, text: citizen.rate(life.id, state, 1, [], text, life.now)),
    "reopen": ("intake", lambda life, state, text: citizen.reopen(life.id, state, text, Limits(), life.now)),
    "appeal": ("intake", lambda life, state, text: citizen.appeal(life.id, state, text, Limits(), life.now)),
    "close": ("intake", lambda life, state, text: citizen.close(life.id, state, life.now)),
    "erase": ("intake", _erases),
    "acknowledge": ("router", lambda life, state, text: work.acknowledge(life.id, state, OFFICIAL, life.now)),
    "ask": ("router", lambda life, state, text: work.ask(life.id, state, "q1", text, OFFICIAL, life.now)),
    "answer": ("router", lambda life, state, text: work.answer(life.id, state, text, "done", OFFICIAL, life.now)),
    "propose": ("router", lambda life, state, text: approve.propose(life.id, state, text, "done", OFFICIAL, life.now)),
    "approve": ("router", lambda life, state, text: approve.approve(life.id, state, "head.works", life.now)),
    "send back": ("router", lambda life, state, text: approve.send_back(life.id, state, text, "head.works", life.now)),
    "decline": ("router", lambda life, state, text: work.decline(life.id, state, text, "other", OFFICIAL, life.now)),
    "interim": ("router", _interim),
    "prioritise": (
        "router",
        lambda life, state, text: work.prioritise(life.id, state, Priority.URGENT, text, OFFICIAL, life.now),
    ),
    "confide": ("router", lambda life, state, text: work.confide(life.id, state, ("a", "b"), text, OFFICIAL, life.now)),
    "note": ("router", lambda life, state, text: work.note(life.id, state, text, ("triage",), OFFICIAL, life.now)),
    "charge": (
        "router",
        lambda life, state, text: staff.put_in_charge(life.id, state, OFFICIAL, "hand", "head.works", life.now),
    ),
    "transfer": ("router", lambda life, state, text: work.transfer(life.id, state, "ewa", text, OFFICIAL, 1, life.now)),
    "uphold": ("router", lambda life, state, text: work.decide_appeal(life.id, state, "upheld", text, "c", life.now)),
    "dismiss": (
        "router",
        lambda life, state, text: work.decide_appeal(life.id, state, "dismissed", text, "c", life.now),
    ),
    "evaluate": ("router", lambda life, state, text: suggest.decide(life.id, state, "evaluating", text, "o", life.now)),
    "accept": ("router", lambda life, state, text: suggest.decide(life.id, state, "accepted", text, "o", life.now)),
    "implement": ("router", lambda life, state, text: suggest.implement(life.id, state, text, "o", life.now)),
}
"""Actions of people, by the service whose use case they are."""
