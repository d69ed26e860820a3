"""A world after a run in which all is well; whoever tests a check spoils it in one place."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, NAMESPACE_URL, uuid5

from notifier.channels.webhook import new_secret
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS, Topic
from standardwebhooks import Webhook
from tawasul.demo.country import Country
from tawasul.stack.settings import SERVICES

from tests.faults.checks.notifications import Expectation
from tests.faults.downloads import Download
from tests.faults.ledger import Document, Fate, Filed, Ledger, LedgerEntry, Uploaded
from tests.faults.mail_server import Mail
from tests.faults.observed import Record, World
from tests.faults.webhook_receiver import Hook, Registered

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
PHOTO = {"id": "f1", "media_type": "image/png", "size": 9}
SHOWN = an_event(SUBMISSIONS, 2, "AttachmentsAdded", to_state="received", attachments=[PHOTO])
ASSIGNED = an_event(ASSIGNMENTS, 1, "SubmissionAssigned", to_state="assigned", entity=ENTITY, reason="a rule")
ANSWERED = an_event(
    ASSIGNMENTS, 2, "SubmissionAnswered", from_state="assigned", to_state="answered", entity=ENTITY, text="Done. #1-2#"
)
SET = an_event(DEADLINES, 1, "DeadlineSet", entity=ENTITY)
MET = an_event(DEADLINES, 2, "DeadlineMet", entity=ENTITY)


ENDPOINT = Registered("e1", "/works", ENTITY, new_secret(), NOON - timedelta(minutes=5))
HEARD = (ASSIGNED, ANSWERED, SET)


def a_hook(event: Record) -> Hook:
    id, body = str(uuid5(NAMESPACE_URL, f"tawasul:webhook:{event.id}:{ENDPOINT.id}")), f'{{"of": "{event.id}"}}'
    signature = Webhook(ENDPOINT.secret).sign(id, NOON, body)
    return Hook(ENDPOINT.path, id, str(int(NOON.timestamp())), signature, body, was_taken=True)


def a_whole_world() -> World:
    """One submission with a photo, assigned and answered, and everyone told."""
    filed = Filed("k1", "intake/file", ID, "#1-1#", Fate.ACKNOWLEDGED, 1, email="c@citizens.example")
    filed.answer = {"id": ID, "reference": REFERENCE, "secret": "s"}
    answered = LedgerEntry("k2", "router/answer", ID, "#1-2#", Fate.ACKNOWLEDGED, 1, answer={"state": "answered"})
    shown = Uploaded("k3", "intake/attachments", ID, None, Fate.ACKNOWLEDGED, 1, answer={"items": [PHOTO]})
    shown.pictures = ["a picture"]
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
    facts = {"submissions": 2, "assignments": 2, "deadlines": 2, "notifications": len(sent)}
    return World(
        ledger=Ledger([filed], [answered, shown]),
        records={
            SUBMISSIONS.name: [RECEIVED, SHOWN],
            ASSIGNMENTS.name: [ASSIGNED, ANSWERED],
            DEADLINES.name: [SET, MET],
            NOTIFICATIONS.name: sent,
        },
        submissions={
            ID: {
                "sequences": {"submissions": 2},
                "seen": facts,
                "state": {
                    "reference": REFERENCE,
                    "status": "answered",
                    "entity": ENTITY,
                    "due_at": NOON,
                    "attachments": [PHOTO],
                    "timeline": [
                        {"id": SHOWN.id, "type": SHOWN.type, "details": {"attachments": ["f1"]}},
                        *({"id": event.id} for event in (RECEIVED, ASSIGNED, ANSWERED, SET, MET, *sent)),
                    ],
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
                    "history": [{"what": event.type} for event in (SHOWN, ASSIGNED, ANSWERED)],
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
        inboxes={
            service: {e.id for e in (RECEIVED, SHOWN, ASSIGNED, ANSWERED, SET, MET, *sent)} for service in SERVICES
        },
        endpoints=[ENDPOINT],
        hooks=[a_hook(event) for event in HEARD],
        hooks_planned=[
            {
                "_id": a_hook(event).id,
                "endpoint": ENDPOINT.id,
                "submission_id": ID,
                "planned_at": NOON + timedelta(seconds=number),
            }
            for number, event in enumerate(HEARD)
        ],
        files={"f1": {"_id": "f1", "is_whole": True}},
        contents={"f1"},
        downloads={"f1": Download(200, 9, "a picture")},
        read_at=NOON,
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
