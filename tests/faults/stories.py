"""The load: each submission is a story of its citizen and of the officials who have it, drawn from the seed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from uuid import UUID

from tawasul.demo.country import Sample

from tests.faults.front import Front
from tests.faults.ledger import Document, Fate, Filed, Ledger, LedgerEntry, Uploaded
from tests.faults.people import Headers, People
from tests.faults.photos import WITH_PHOTOS, a_photo, picture_of

SUBMISSIONS = "/api/intake/v1/submissions"
ASSIGNMENTS = "/api/router/v1/assignments"
CHANNELS = ("web", "app")
FIRST_LOOK_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 2.0
"""Pauses of people who look again, less and less often: they set the load's pace."""
TWICE = 0.08
"""How often an impatient person sends the same thing twice at once."""


class Over(Exception):
    """The run has ended, or what the story waits for is not coming: an act before it was refused."""


class Story:
    def __init__(self, seed: int, number: int, front: Front, people: People, ledger: Ledger) -> None:
        self.name = f"{seed}-{number:06}"
        self.chance = Random(f"{seed}/story/{number}")
        self.front = front
        self.people = people
        self.ledger = ledger
        self.filed: Filed
        self.entity = ""
        self._marks = 0

    async def live(self, sample: Sample) -> None:
        (way,) = self.chance.choices([way for way, _ in WAYS], [weight for _, weight in WAYS])
        try:
            await self.file(sample)
            if self.chance.random() < WITH_PHOTOS:
                await self.send_photos()
            await way(self)
        except Over:
            pass

    # What people do

    async def file(self, sample: Sample) -> None:
        body = sample.body() | {"channel": self.chance.choice(CHANNELS)}
        author = f"citizen.{self.name}" if self.chance.random() < 0.2 else None
        email = f"c.{self.name}@citizens.example" if self.chance.random() < 0.9 else None
        body.pop("contact", None)
        if email:
            body["contact"] = {"name": f"Citizen {self.name}", "email": email}
        mark = self._mark()
        body["text"] = f"{body['text'].strip()} {mark}"
        self.filed = Filed(self._key(), "intake/file", "", mark, email=email, author=author)
        self.ledger.filed.append(self.filed)
        headers = self.people.headers(author) if author else {}
        await self.front.carry(self.filed, SUBMISSIONS, body, headers, self._is_impatient())
        if self.filed.fate is not Fate.ACKNOWLEDGED:
            raise Over
        self.filed.submission = str(self.filed.answer["id"])

    async def citizen(self, action: str, body: Document, marked: str | None = None) -> LedgerEntry:
        """`marked` names the field that carries the mark."""
        path = f"{SUBMISSIONS}/{self.filed.reference}/{action}"
        return await self._do(f"intake/{action}", path, body, {"Tawasul-Secret": self.filed.secret}, marked)

    async def official(
        self, action: str, body: Document, marked: str | None = None, who: str | None = None
    ) -> LedgerEntry:
        who = who or self.people.official_of(self.entity, self.chance)
        path = f"{ASSIGNMENTS}/{self.filed.submission}/{action}"
        return await self._do(f"router/{action}", path, body, self.people.headers(who), marked)

    async def send_photos(self) -> LedgerEntry:
        """One or two; a refusal is no reason to do nothing else."""
        photos = [a_photo(self.chance) for _ in range(self.chance.randint(1, 2))]
        asked = Uploaded(self._key(), "intake/attachments", self.filed.submission, None)
        asked.pictures = [picture_of(photo) for photo in photos]
        self.ledger.commands.append(asked)
        path = f"{SUBMISSIONS}/{self.filed.reference}/attachments"
        await self.front.carry(asked, path, photos, {"Tawasul-Secret": self.filed.secret}, self._is_impatient())
        return asked

    async def _do(self, action: str, path: str, body: Document, headers: Headers, marked: str | None) -> LedgerEntry:
        mark = self._mark() if marked else None
        if marked:
            body = {**body, marked: f"{body.get(marked, '')} {mark}".strip()}
        asked = LedgerEntry(self._key(), action, self.filed.submission, mark)
        self.ledger.commands.append(asked)
        await self.front.carry(asked, path, body, headers, self._is_impatient())
        return asked

    # What people see

    async def seen_by_officials(self, *states: str) -> Document:
        """The assignment, once it is in one of `states` (any state where none is given)."""
        path = f"{ASSIGNMENTS}/{self.filed.submission}"
        return await self._seen("router", path, self.people.headers(self.people.clerk), "state", states)

    async def seen_by_citizen(self, *statuses: str) -> Document:
        path = f"{SUBMISSIONS}/{self.filed.reference}"
        return await self._seen("intake", path, {"Tawasul-Secret": self.filed.secret}, "status", statuses)

    async def _seen(self, service: str, path: str, headers: Headers, field: str, wanted: Sequence[str]) -> Document:
        pause = FIRST_LOOK_SECONDS
        while self.front.is_open:
            found = await self.front.read(service, path, headers)
            if found is not None and (not wanted or found[field] in wanted):
                return found
            await asyncio.sleep(pause * self.chance.uniform(0.7, 1))
            pause = min(pause * 1.6, LONGEST_PAUSE_SECONDS)
        raise Over

    # Parts of the ways

    async def placed(self) -> None:
        """With an entity whose officials can act; the clerk places what no rule could."""
        found = await self.seen_by_officials()
        self.entity = found["entity"]
        if found["state"] == "in_triage":
            self.entity = self.chance.choice(self.people.entities)
            placing = {"entity": self.entity, "reason": "Placed by the clerk."}
            done(await self.official("triage", placing, "reason", self.people.clerk))

    async def acknowledge(self) -> LedgerEntry:
        return await self.official("acknowledge", {})

    async def answer(self, who: str | None = None) -> LedgerEntry:
        return await self.official("answer", {"text": "It is done.", "reason_code": "resolved"}, "text", who)

    async def decline(self) -> LedgerEntry:
        return await self.official("decline", {"text": "Nothing we do.", "reason_code": "not-a-submission"}, "text")

    async def ask(self) -> LedgerEntry:
        return await self.official("question", {"text": "Where exactly?"}, "text")

    async def add(self) -> LedgerEntry:
        return await self.citizen("information", {"text": "There is more."}, "text")

    async def answer_question(self) -> None:
        shown = await self.seen_by_citizen("awaiting_citizen")
        said = await self.citizen("information", {"text": "Here.", "answers": shown["question"]["id"]}, "text")
        done(said)
        await self.seen_by_officials("acknowledged")

    async def rate(self) -> LedgerEntry:
        await self.seen_by_citizen("answered")
        return await self.citizen("rating", {"score": self.chance.randint(1, 5), "comment": "So."}, "comment")

    async def withdraw(self) -> LedgerEntry:
        return await self.citizen("withdraw", {"reason": "No more."}, "reason")

    def _mark(self) -> str:
        self._marks += 1
        return f"#{self.name}-{self._marks:02}#"

    def _key(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def _is_impatient(self) -> bool:
        return self.chance.random() < TWICE


def done(asked: LedgerEntry) -> None:
    if asked.fate is not Fate.ACKNOWLEDGED:
        raise Over


async def is_left(story: Story) -> None:
    """Nobody does anything more."""


async def is_answered(story: Story) -> None:
    await story.placed()
    done(await story.acknowledge())
    done(await story.answer())
    if story.chance.random() < 0.5:
        await story.rate()


async def is_asked(story: Story) -> None:
    await story.placed()
    if story.chance.random() < 0.5:
        done(await story.acknowledge())
    done(await story.ask())
    await story.answer_question()
    done(await story.answer())
    if story.chance.random() < 0.4:
        await story.rate()


async def is_moved(story: Story) -> None:
    await story.placed()
    other = story.chance.choice([entity for entity in story.people.entities if entity != story.entity])
    done(await story.official("transfer", {"entity": other, "reason": "Not ours."}, "reason"))
    story.entity = other
    await asyncio.gather(story.acknowledge(), story.add())
    await story.answer()


async def is_talked_about(story: Story) -> None:
    """Both sides write at the same time, again and again."""
    await story.placed()
    await asyncio.gather(story.add(), story.acknowledge(), story.add())
    asked, _ = await asyncio.gather(story.ask(), story.add())
    done(asked)
    await story.answer_question()
    await asyncio.gather(story.answer(), story.add())


async def is_shown(story: Story) -> None:
    """A photo comes later, while the official acts, and perhaps another one."""
    await story.placed()
    await asyncio.gather(story.send_photos(), story.acknowledge(), story.add())
    asked, _ = await asyncio.gather(story.ask(), story.send_photos())
    done(asked)
    await story.answer_question()
    await asyncio.gather(story.answer(), story.send_photos())


async def is_crossed(story: Story) -> None:
    """The citizen withdraws while an official acts."""
    await story.placed()
    act = story.chance.choice([story.acknowledge, story.answer, story.ask, story.decline])
    await asyncio.gather(act(), story.withdraw())


async def is_answered_by_two(story: Story) -> None:
    await story.placed()
    one, other = story.people.two_officials_of(story.entity)
    await asyncio.gather(story.answer(one), story.answer(other))


async def is_withdrawn_at_once(story: Story) -> None:
    await story.withdraw()


async def is_declined(story: Story) -> None:
    await story.placed()
    await story.decline()


async def is_reopened(story: Story) -> None:
    await story.placed()
    done(await story.answer())
    await story.seen_by_citizen("answered")
    done(await story.citizen("reopen", {"reason": "It is not done."}, "reason"))
    await story.seen_by_officials("assigned")
    await asyncio.gather(story.acknowledge(), story.add())
    done(await story.answer())


Way = Callable[[Story], Awaitable[None]]

WAYS: list[tuple[Way, float]] = [
    (is_left, 10),
    (is_answered, 20),
    (is_asked, 18),
    (is_moved, 12),
    (is_talked_about, 12),
    (is_shown, 8),
    (is_crossed, 8),
    (is_answered_by_two, 6),
    (is_withdrawn_at_once, 4),
    (is_declined, 3),
    (is_reopened, 12),
]
"""Each way a story may go, and how often."""
