"""A service small enough to see messaging at work: a parcel lists what happened to its submission."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aiokafka import ConsumerRecord
from pydantic import BaseModel
from shared.events.assignments import SubmissionAssigned
from shared.events.envelope import Cause, Event, OutgoingEvent, kafka_headers, outbox_entry, seal
from shared.events.model import EventData
from shared.events.submissions import InformationAdded, SubmissionReceived, SubmissionWithdrawn
from shared.events.topics import BY_EVENT, SUBMISSIONS
from shared.messaging.consumer import Consumer, Handler, RetryLater
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Aggregates, Decision

from tests.support.infrastructure import Database

SOURCE = "/tawasul/parcels"
GROUP = "tawasul-parcels"


class Parcel(BaseModel):
    happened: list[str] = []


class Handlers:
    """Counts its calls; the text `a bug` fails always, `not yet` as long as `patience` lasts. What is added gets a
    label, a record of its own."""

    def __init__(self) -> None:
        self.patience = 0
        self.is_broken = True

    def on_received(self, state: Parcel | None, event: Event, _: Any, now: datetime) -> Decision[Parcel]:
        parcel = state or Parcel()
        if event.data.text == "a bug" and self.is_broken:
            raise ZeroDivisionError
        if event.data.text == "not yet" and self.patience:
            self.patience -= 1
            raise RetryLater
        assigned = SubmissionAssigned(
            submission_id=event.key, to_state="assigned", entity="works", decided_by="rule", reason="parcel"
        )
        return Decision(Parcel(happened=[*parcel.happened, f"received {event.data.text}"]), [OutgoingEvent(assigned)])

    def on_information(self, state: Parcel | None, event: Event, _: Any, now: datetime) -> Decision[Parcel]:
        parcel = state or Parcel()
        label = ("labels", {"_id": event.id, "text": event.data.text, "at": now})
        return Decision(Parcel(happened=[*parcel.happened, f"added {event.data.text}"]), records=[label])

    def table(self) -> dict[type, Handler[Parcel]]:
        return {SubmissionReceived: self.on_received, InformationAdded: self.on_information}


def parcels_of(database: Database) -> Aggregates[Parcel]:
    return Aggregates(database["parcels"], Parcel, SOURCE)


def a_consumer(database: Database, handlers: Handlers) -> Consumer[Parcel]:
    return Consumer(database, parcels_of(database), handlers.table(), [SUBMISSIONS], GROUP)


def received(id: str, text: str = "a lamp is out") -> SubmissionReceived:
    return SubmissionReceived(
        submission_id=id,
        to_state="received",
        reference="00000-00000",
        kind="complaint",
        text=text,
        language="en",
        channel="web",
        received_at=utc_now(),
    )


def added(id: str, text: str) -> InformationAdded:
    return InformationAdded(submission_id=id, from_state="assigned", to_state="assigned", text=text)


def withdrawn(id: str) -> SubmissionWithdrawn:
    return SubmissionWithdrawn(submission_id=id, from_state="assigned", to_state="withdrawn")


def record(event: Event, offset: int = 0, **changed: Any) -> "ConsumerRecord[Any, Any]":
    """The event as a consumer gets it; `headers` and `value` can be spoilt."""
    entry = outbox_entry(event)
    headers = changed.get("headers", kafka_headers(entry))
    value = changed.get("value", entry["value"])
    return ConsumerRecord(
        topic=event.topic.name,
        partition=changed.get("partition", 0),
        offset=offset,
        timestamp=int(event.time.timestamp() * 1000),
        timestamp_type=0,
        key=event.key.encode(),
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=headers,
    )


def an_event(data: EventData, sequence: int, id: str | None = None, age: timedelta = timedelta()) -> Event:
    key = data.submission_id  # type: ignore[attr-defined]
    topic = BY_EVENT[type(data)]
    return seal(
        OutgoingEvent(data, id=id), key, sequence, f"/tawasul/{topic.owner}", utc_now() - age, Cause(str(uuid4()))
    )


def a_submission() -> str:
    return str(uuid4())


async def happened(database: Database, id: str) -> list[str]:
    parcel = await parcels_of(database).find(id)
    return parcel.state.happened if parcel and parcel.state else []
