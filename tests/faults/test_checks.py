"""Each check finds what it is there for: a world in which all is well, spoilt in one place."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from shared.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS, Topic
from tawasul.demo.country import Country

from tests.faults.checks.everything import differences
from tests.faults.checks.notifications import Expectation
from tests.faults.ledger import Asked, Document, Fate, Filed, Ledger
from tests.faults.mail_server import Mail
from tests.faults.observed import Record, World
from tests.faults.plan import SERVICES, Kind

ID = str(uuid5(NAMESPACE_OID, "a submission"))
REFERENCE = "7K3MX-QPA42"
ENTITY = "works"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
EXPECTATION = Expectation(Country())
"""The sample country takes a second to read."""


def an_event(topic: Topic, sequence: int, type: str, **data: Any) -> Record:
    return Record(
        topic=topic.name,
        partition=0,
        offset=sequence,
        key=ID,
        id=str(uuid5(NAMESPACE_OID, f"{topic.name}/{sequence}")),
        type=type,
        sequence=sequence,
        time=NOON,
        data={"type": type, **data},
    )


RECEIVED = an_event(SUBMISSIONS, 1, "SubmissionReceived", reference=REFERENCE, text="A lamp is out. #1-1#")
ASSIGNED = an_event(ASSIGNMENTS, 1, "SubmissionAssigned", to_state="assigned", entity=ENTITY, reason="a rule")
ANSWERED = an_event(
    ASSIGNMENTS, 2, "SubmissionAnswered", from_state="assigned", to_state="answered", entity=ENTITY, text="Done. #1-2#"
)
SET = an_event(DEADLINES, 1, "DeadlineSet", entity=ENTITY)
MET = an_event(DEADLINES, 2, "DeadlineMet", entity=ENTITY)


def a_whole_world() -> World:
    """One submission, assigned and answered, and everyone told."""
    filed = Filed("k1", "intake/file", ID, "#1-1#", Fate.ACKNOWLEDGED, 1, email="c@citizens.example")
    filed.answer = {"id": ID, "reference": REFERENCE, "secret": "s"}
    answered = Asked("k2", "router/answer", ID, "#1-2#", Fate.ACKNOWLEDGED, 1, answer={"state": "answered"})
    told = [
        telling
        for event in (RECEIVED, ASSIGNED, ANSWERED)
        for telling in sorted(EXPECTATION.of(event, filed, None), key=str)
    ]
    addresses = EXPECTATION.addresses
    notifications: list[Document] = [
        {
            "_id": str(uuid5(NAMESPACE_OID, str(telling))),
            "submission_id": ID,
            "event_id": telling.event,
            "template": telling.template,
            "recipient": telling.recipient,
            "recipient_kind": "contact" if "/" in telling.recipient else "official",
            "channel": telling.channel,
            "state": "sent" if telling.channel == "mail" else "delivered",
        }
        for telling in told
    ]
    mailed = [document for document in notifications if document["channel"] == "mail"]
    sent = [
        an_event(NOTIFICATIONS, number, "NotificationSent", notification_id=document["_id"])
        for number, document in enumerate(mailed, start=1)
    ]
    facts = {"submissions": 1, "assignments": 2, "deadlines": 2, "notifications": len(sent)}
    return World(
        ledger=Ledger([filed], [answered]),
        records={
            SUBMISSIONS.name: [RECEIVED],
            ASSIGNMENTS.name: [ASSIGNED, ANSWERED],
            DEADLINES.name: [SET, MET],
            NOTIFICATIONS.name: sent,
        },
        submissions={
            ID: {
                "sequences": {"submissions": 1},
                "seen": facts,
                "state": {
                    "reference": REFERENCE,
                    "status": "answered",
                    "entity": ENTITY,
                    "due_at": NOON,
                    "timeline": [{"id": event.id} for event in (RECEIVED, ASSIGNED, ANSWERED, SET, MET, *sent)],
                },
            }
        },
        assignments={
            ID: {
                "sequences": {"assignments": 2},
                "seen": facts,
                "state": {
                    "state": "answered",
                    "entity": ENTITY,
                    "due": {"at": NOON},
                    "custodians": [{"entity": ENTITY}],
                    "history": [{"what": "SubmissionAssigned"}, {"what": "SubmissionAnswered"}],
                },
            }
        },
        clocks={
            ID: {
                "sequences": {"deadlines": 2},
                "seen": facts,
                "state": {
                    "facts": [{"id": event.id} for event in (RECEIVED, ASSIGNED, ANSWERED)],
                    "standing": {"state": "met"},
                },
            }
        },
        cases={ID: {"seen": facts}},
        notifications=notifications,
        inboxes={service: {e.id for e in (RECEIVED, ASSIGNED, ANSWERED, SET, MET, *sent)} for service in SERVICES},
        mails=[
            Mail(
                f"{document['_id']}@tawasul.example",
                "c@citizens.example"
                if document["recipient_kind"] == "contact"
                else addresses[str(document["recipient"])],
                ID,
                "",
            )
            for document in mailed
        ],
    )


def test_in_a_whole_world_there_is_no_difference() -> None:
    assert differences(a_whole_world(), EXPECTATION) == []


def test_a_redelivered_record_is_no_difference() -> None:
    world = a_whole_world()
    world.records[ASSIGNMENTS.name].append(ASSIGNED)
    assert differences(world, EXPECTATION) == []


def test_a_mail_may_come_again_once_for_each_kill_that_can_repeat_it() -> None:
    world = a_whole_world()
    world.mails.append(world.mails[0])
    assert [difference.sort for difference in differences(world, EXPECTATION)] == ["mail repeated"]
    world.disturbances[Kind.KILL, "smtp"] = 1
    assert differences(world, EXPECTATION) == []


def _state(documents: dict[str, Document]) -> Document:
    state: Document = documents[ID]["state"]
    return state


def _lose_a_submission(world: World) -> None:
    world.submissions.clear()


def _lose_an_event(world: World) -> None:
    world.records[ASSIGNMENTS.name].remove(ASSIGNED)


def _number_two_events_alike(world: World) -> None:
    twin = an_event(ASSIGNMENTS, 7, "AssignmentAcknowledged", entity=ENTITY)
    world.records[ASSIGNMENTS.name].append(Record(**{**vars(twin), "sequence": 2}))


def _send_out_of_order(world: World) -> None:
    world.records[ASSIGNMENTS.name].reverse()


def _answer_twice(world: World) -> None:
    world.records[ASSIGNMENTS.name].append(Record(**{**vars(ANSWERED), "sequence": 3, "id": "another"}))


def _carry_out_what_was_refused(world: World) -> None:
    world.ledger.commands[0].fate = Fate.REFUSED
    world.ledger.commands[0].statuses = [409]


def _assign_twice(world: World) -> None:
    again = an_event(ASSIGNMENTS, 3, "SubmissionAssigned", to_state="assigned", entity=ENTITY, reason="again")
    world.records[ASSIGNMENTS.name].append(again)


def _set_two_deadlines(world: World) -> None:
    world.records[DEADLINES.name].append(an_event(DEADLINES, 3, "DeadlineSet", entity=ENTITY))


def _tell_under_another_id(world: World) -> None:
    world.notifications.append({**world.notifications[0], "_id": "another"})


def _lose_a_mail(world: World) -> None:
    world.mails.pop()


def _mail_without_a_notification(world: World) -> None:
    world.mails.append(Mail("unknown@tawasul.example", "c@citizens.example", ID, ""))


def _forget_to_tell(world: World) -> None:
    world.notifications.pop()


def _give_up_telling(world: World) -> None:
    world.notifications[0]["state"] = "cancelled"


def _miss_an_event(world: World) -> None:
    world.inboxes["router"].discard(SET.id)


def _write_an_entry_twice(world: World) -> None:
    timeline = _state(world.submissions)["timeline"]
    timeline.append(timeline[0])


def _count_a_fact_twice(world: World) -> None:
    facts = _state(world.clocks)["facts"]
    facts.append(facts[0])


def _disagree(world: World) -> None:
    _state(world.submissions)["status"] = "assigned"


def _alarm_of_a_gap(world: World) -> None:
    world.gaps["router-1"] = 1


def _set_aside(world: World) -> None:
    world.dead_letters["router"] = [{"key": ID, "event_type": "DeadlineSet", "reason": "a bug"}]


def _answer_otherwise(world: World) -> None:
    world.ledger.commands[0].other_answers = [{"state": "assigned"}]


Spoil = Callable[[World], None]


@pytest.mark.parametrize(
    ("spoil", "sort"),
    [
        (_lose_a_submission, "submission lost"),
        (_lose_an_event, "sequence gap"),
        (_number_two_events_alike, "sequence ambiguous"),
        (_send_out_of_order, "sequence out of order"),
        (_answer_twice, "effect of a command"),
        (_carry_out_what_was_refused, "effect of a command"),
        (_assign_twice, "assigned not once"),
        (_set_two_deadlines, "DeadlineSet"),
        (_tell_under_another_id, "told twice"),
        (_lose_a_mail, "mail lost"),
        (_mail_without_a_notification, "mail of no notification"),
        (_forget_to_tell, "told"),
        (_give_up_telling, "not told"),
        (_miss_an_event, "event not taken"),
        (_write_an_entry_twice, "timeline entry twice"),
        (_count_a_fact_twice, "fact of a clock twice"),
        (_disagree, "of different minds"),
        (_alarm_of_a_gap, "gap alarm"),
        (_set_aside, "dead letter"),
        (_answer_otherwise, "another answer to the same key"),
    ],
)
def test_what_is_spoilt_is_found(spoil: Spoil, sort: str) -> None:
    world = a_whole_world()
    spoil(world)
    assert sort in {difference.sort for difference in differences(world, EXPECTATION)}
