"""One sample submission's way: filed, known to both sides and, if the sample says so, answered and rated."""

import asyncio
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import httpx2

from tawasul.demo.country import Sample
from tawasul.demo.post import Post

SUBMISSIONS = "/api/intake/v1/submissions"
SPEAKS_FOR_OTHERS = {"portal", "phone", "counter"}
"""Channels on which an official files for a citizen."""


class Step(StrEnum):
    FILED = "filed"
    PLACED = "with the entity that should answer"
    DUE = "due time set"
    CITIZEN_TOLD = "citizen told by mail"
    CONFIRMED = "address confirmed by the link in it"
    OFFICIAL_TOLD = "official told by mail"
    ANSWERED = "answered by an official"
    RATED = "answer rated by its author"


BEFORE_THE_ANSWER = frozenset(Step) - {Step.ANSWERED, Step.RATED}
"""The steps that the system takes by itself: these are timed."""


@dataclass
class Journey:
    sample: Sample
    began: float = 0.0
    """On the monotonic clock."""
    ended: float = 0.0
    """When both sides knew."""
    id: str = ""
    reference: str = ""
    secret: str = ""
    entity: str | None = None
    due_at: datetime | None = None
    told: frozenset[str] = frozenset()
    is_confirmed: bool = False
    is_answered: bool = False
    is_rated: bool = False
    trouble: str = ""

    @property
    def milliseconds(self) -> float:
        return (self.ended - self.began) * 1000

    def steps(self, addresses: Mapping[str, set[str]]) -> dict[Step, bool]:
        """The steps of this sample's whole way, each done or not. `addresses` by entity."""
        steps = {
            Step.FILED: bool(self.reference),
            Step.PLACED: self.entity == self.sample.expect,
            Step.DUE: self.due_at is not None,
        }
        if self.sample.email is not None:
            steps[Step.CITIZEN_TOLD] = self.sample.email in self.told
            steps[Step.CONFIRMED] = self.is_confirmed
        steps[Step.OFFICIAL_TOLD] = not self.told.isdisjoint(addresses.get(self.entity or "", ()))
        if self.sample.answer is not None:
            steps[Step.ANSWERED] = self.is_answered
            if self.sample.answer.rated is not None:
                steps[Step.RATED] = self.is_rated
        return steps

    def stopped(self, addresses: Mapping[str, set[str]], of: Collection[Step] = frozenset(Step)) -> str | None:
        """In words, where it stopped; None when it went its whole way, or these steps `of` it."""
        if self.trouble:
            return self.trouble
        if self.entity not in (None, self.sample.expect):
            return f"it went to {self.entity} and should be with {self.sample.expect}"
        missing = [step for step, done in self.steps(addresses).items() if step in of and not done]
        return f"not {' and not '.join(missing)}" if missing else None


class Traveller:
    """Files a sample through the door and follows it with nothing but its reference number and secret."""

    def __init__(self, http: httpx2.AsyncClient, post: Post, addresses: Mapping[str, set[str]]) -> None:
        self._http = http
        self._post = post
        self.addresses = addresses

    async def file(self, journey: Journey, headers: Mapping[str, str]) -> None:
        journey.began = time.monotonic()
        headers = {**headers, "Idempotency-Key": str(uuid.uuid4())}
        answer = await self._http.post(SUBMISSIONS, json=journey.sample.body(), headers=headers)
        if answer.is_success:
            receipt = answer.json()
            journey.id, journey.reference, journey.secret = receipt["id"], receipt["reference"], receipt["secret"]
        else:
            journey.trouble = f"not filed: {answer.status_code} {answer.text[:300]}"
        journey.ended = time.monotonic()

    async def follow(
        self,
        journey: Journey,
        patience: float,
        seen: Callable[[], None],
        of: Collection[Step] = BEFORE_THE_ANSWER,
        every: float = 0.1,
    ) -> bool:
        """Whether it went these steps before patience ended; `seen` is called after each look."""
        deadline = time.monotonic() + patience
        while (stopped := journey.stopped(self.addresses, of)) and not journey.trouble:
            if time.monotonic() > deadline:
                break
            await self._look(journey)
            seen()
            await asyncio.sleep(every)
        return not stopped

    async def rate(self, journey: Journey, stars: int) -> None:
        answer = await self._http.post(
            f"{SUBMISSIONS}/{journey.reference}/rating",
            json={"score": stars},
            headers={"Tawasul-Secret": journey.secret, "Idempotency-Key": str(uuid.uuid4())},
        )
        if answer.is_success:
            journey.is_rated = True
        else:
            journey.trouble = f"not rated: {answer.status_code} {answer.text[:300]}"

    async def _look(self, journey: Journey) -> None:
        is_known = journey.stopped(self.addresses, BEFORE_THE_ANSWER) is None
        answer = await self._http.get(f"{SUBMISSIONS}/{journey.reference}", headers={"Tawasul-Secret": journey.secret})
        if answer.is_success:
            shown: dict[str, Any] = answer.json()
            journey.entity = shown["entity"]
            if shown["due_at"]:
                journey.due_at = datetime.fromisoformat(shown["due_at"])
            journey.is_answered = shown["status"] == "answered"
        journey.told = self._post.told(journey.reference)
        if not journey.is_confirmed and (link := self._post.confirmation(journey.reference)):
            journey.is_confirmed = await self._confirm(link)
        if not is_known:
            journey.ended = time.monotonic()

    async def _confirm(self, link: str) -> bool:
        """As a citizen does: open the link of the mail and press the button. In a browser of their own."""
        page = httpx2.URL(link)
        origin = f"{page.scheme}://{page.netloc.decode()}"
        async with httpx2.AsyncClient(timeout=30) as browser:
            if not (await browser.get(page)).is_success:
                return False
            answer = await browser.post(page, data={"choice": "mine"}, headers={"Origin": origin})
            return answer.status_code == httpx2.codes.SEE_OTHER
