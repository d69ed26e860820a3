"""Everyone who must be told is told once: planned once, sent once, and mailed under one Message-ID."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from notifier.settings import TABLE
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS
from tawasul.demo.country import Country

from tests.faults.checks import Difference
from tests.faults.ledger import Document, Filed
from tests.faults.observed import Record, World
from tests.faults.plan import Kind

FINAL = {"mail": "sent", "inbox": "delivered"}
CAUSES_A_REPETITION = ("notifier", "mongod", "smtp")
"""Each of their kills may repeat a mail that was on its way, and so may a failover of the database, or holding a
notifier up beyond its claim."""


@dataclass(frozen=True)
class Telling:
    """One thing to be told: what makes two notifications the same."""

    submission: str
    event: str
    template: str
    recipient: str
    channel: str

    def __str__(self) -> str:
        return f"{self.template} by {self.channel} to {self.recipient} because of {self.event}"


class Expectation:
    """Finds who is to be told of what from the notifier's table and the sample country, without the notifier's code."""

    def __init__(self, country: Country) -> None:
        self._rows: list[Document] = yaml.safe_load(TABLE.read_text("utf-8"))["rows"]
        self._officials = country.officials()
        self._entities: dict[str, Document] = {entity["id"]: entity for entity in country.directory()["entities"]}

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """Texts of officials and entities, by id."""
        people = {official["id"]: official["email"] for official in self._officials}
        return people | {id: entity["email"] for id, entity in self._entities.items()}

    def of(self, event: Record, filed: Filed, entity: str | None) -> set[Telling]:
        """`entity` is the custodian, for events that name none."""
        told: set[Telling] = set()
        for row in self._rows:
            states = (row.get("from", event.data.get("from_state")), row.get("to", event.data.get("to_state")))
            if row["event"] != event.type or states != (event.data.get("from_state"), event.data.get("to_state")):
                continue
            for recipient, channel in self._recipients(row, event.data, event.key, filed, entity):
                if channel not in row.get("channels", ("mail", "inbox")):
                    continue
                told.add(Telling(event.key, event.id, row["template"], recipient, channel))
        return told

    def _recipients(
        self, row: Document, data: Document, id: str, filed: Filed, entity: str | None
    ) -> Iterator[tuple[str, str]]:
        if row["audience"] in ("follower", "subscriber"):
            return  # nothing of the load is published, so nobody follows
        if row["audience"] == "author":
            if filed.email:
                yield f"{id}/author", "mail"
            yield filed.author or id, "inbox"  # who has not signed in finds it with the secret link
            return
        if row["audience"] in ("named", "relieved"):
            for official in data.get("officials" if row["audience"] == "named" else "relieved", ()):
                yield official, "mail"
                yield official, "inbox"
            return
        audience = data.get("to_role", "head") if row["audience"] == "rung" else row["audience"]
        found = self._holders(audience, data.get("entity") or entity)
        for official in found:
            yield official, "mail"
            yield official, "inbox"
        if not found and (place := data.get("entity") or entity):
            yield place, "mail"

    def _holders(self, audience: str, entity: str | None) -> Sequence[str]:
        if audience == "central":
            return [official["id"] for official in self._officials if official["role"] == "central"]
        roles = {"officer" if audience in ("in-charge", "team") else audience}  # nobody is put in charge by the load
        if "officer" in roles and self._entities.get(entity or "", {}).get("kind") == "central":
            roles.add("central")
        return [o["id"] for o in self._officials if o["entity"] == entity and o["role"] in roles]


class NotificationChecks:
    """The checks of this module, with what they compare."""

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation

    def everyone_is_told_once(self, world: World) -> Iterator[Difference]:
        filed = {each.submission: each for each in _known(world)}
        planned: dict[str, Counter[Telling]] = defaultdict(Counter)
        for document in world.notifications:
            if not tells_others(document):
                planned[document["event_id"]][telling_of(document)] += 1
        had = custodians(world)
        for event in world.events(SUBMISSIONS, ASSIGNMENTS, DEADLINES):
            if event.key not in filed:
                continue
            found = planned.pop(event.id, Counter())
            for telling, times in found.items():
                if times > 1:
                    yield Difference("told twice", event.key, f"{telling}, {times} times")
            possible = [self._expectation.of(event, filed[event.key], entity) for entity in had[event.key]]
            if found.keys() not in possible:
                closest = min(possible, key=lambda expected: len(expected ^ found.keys()))
                missing = "; ".join(map(str, closest - found.keys()))
                too_many = "; ".join(map(str, found.keys() - closest))
                what = f"{event.type}: missing [{missing}], too many [{too_many}]"
                yield Difference("told", event.key, what)
        for event_id, tellings in planned.items():
            if next(iter(tellings)).submission in filed:
                yield Difference("told of nothing", next(iter(tellings)).submission, event_id)

    def notifications_are_final(self, world: World) -> Iterator[Difference]:
        said = Counter(
            (event.data["notification_id"], event.type)
            for event in world.events(NOTIFICATIONS)
            if event.type in ("NotificationSent", "NotificationFailed")
        )
        reached = world.events_by_key(SUBMISSIONS, ASSIGNMENTS)
        for document in world.notifications:
            state = document["state"]
            if state != FINAL[document["channel"]] and not was_overtaken(document, reached[document["submission_id"]]):
                what = f"{telling_of(document)} is {state}, {document.get('reason')}"
                yield Difference("not told", document["submission_id"], what)
            expected = int(document["channel"] == "mail" and state == "sent" and not tells_others(document))
            times = said[document["_id"], "NotificationSent"]
            if times != expected:
                yield Difference("NotificationSent", document["submission_id"], f"{times} of {telling_of(document)}")

    def mails_are_one_each(self, world: World) -> Iterator[Difference]:
        by_id: dict[str, Document] = {document["_id"]: document for document in world.notifications}
        arrived = Counter(mail.message_id.partition("@")[0] for mail in world.mails)
        emails = {filed.submission: filed.email for filed in _known(world)}
        for mail in world.mails:
            document = by_id.get(mail.message_id.partition("@")[0])
            if document is None:
                yield Difference("mail of no notification", mail.thread, f"{mail.message_id} to {mail.recipient}")
            elif mail.recipient != self._address(document, emails) or mail.thread != document["submission_id"]:
                yield Difference("mail to another", mail.thread, f"{telling_of(document)} went to {mail.recipient}")
        most = 1 + repetitions_allowed(world)
        for id, document in by_id.items():
            if document["channel"] != "mail":
                continue
            if document["state"] == "sent" and not arrived[document.get("told_in", id)]:
                yield Difference("mail lost", document["submission_id"], str(telling_of(document)))
            if arrived[id] > most:
                yield Difference("mail repeated", document["submission_id"], f"{arrived[id]} times, {most} allowed")
        yield from _different_message_ids(world, by_id)

    def _address(self, document: Document, emails: Mapping[str, str | None]) -> str | None:
        if document["recipient_kind"] == "contact":
            return emails.get(document["submission_id"])
        return self._expectation.addresses.get(document["recipient"])


def was_overtaken(document: Document, events: Sequence[Record]) -> bool:
    """Whether it came too late to say anything: its submission had gone on to a state in which its row drops it. A
    withdrawal is final, and may be older than what the router decided before it knew of it."""
    if (document["state"], document.get("reason")) != ("cancelled", "overtaken"):
        return False
    reached = {event.data.get("to_state") for event in events if event.time >= document["event_at"]}
    reached |= {"withdrawn"} & {event.data.get("to_state") for event in events}
    return not reached.isdisjoint(document["over_in"])


def tells_others(document: Document) -> bool:
    """Several notifications grouped by a burst: the group has a mail, and each of them its event."""
    return bool(document.get("members"))


def telling_of(document: Document) -> Telling:
    return Telling(
        document["submission_id"],
        document["event_id"],
        document["template"],
        document["recipient"],
        document["channel"],
    )


def repetitions_allowed(world: World) -> int:
    """How often any one mail may have been repeated."""
    disturbed = world.disturbances
    kills = sum(disturbed[Kind.KILL, name] for name in CAUSES_A_REPETITION)
    failovers = disturbed[Kind.STEP_DOWN, "mongod"] + disturbed[Kind.ROLL_BACK, "mongod"]
    return kills + failovers + disturbed[Kind.SUSPEND, "notifier"]


def _different_message_ids(world: World, by_id: Mapping[str, Document]) -> Iterator[Difference]:
    ids: dict[Telling, set[str]] = defaultdict(set)
    for mail in world.mails:
        document = by_id.get(mail.message_id.partition("@")[0])
        if document is not None:
            ids[telling_of(document)].add(mail.message_id)
    for telling, of_telling in ids.items():
        if len(of_telling) > 1:
            yield Difference("told under two Message-IDs", telling.submission, f"{telling}: {sorted(of_telling)}")


def _known(world: World) -> Iterator[Filed]:
    return (filed for filed in world.ledger.filed if filed.submission)


def custodians(world: World) -> Mapping[str, list[Any]]:
    """Everybody who ever had it, and nobody: an event of the citizen may come before, between or after such changes."""
    found: dict[str, list[Any]] = defaultdict(lambda: [None])
    for event in world.events(ASSIGNMENTS):
        entity = event.data.get("entity")
        if entity and entity not in found[event.key]:
            found[event.key].append(entity)
    return found
