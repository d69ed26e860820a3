"""Plays officials in the demonstration: loads the country, places what no rule could place, and answers."""

import asyncio
import json
import uuid
from typing import Any

import httpx2

from tawasul.demo.country import Country, Document, Reply
from tawasul.sign_in import Bearers
from tawasul.stack.component import CannotStart
from tawasul.stack.identity import ADMINISTRATOR

ROUTER = "/api/router/v1"
SLA_MONITOR = "/api/sla-monitor/v1"


class Government:
    """Through the door, signed in as an administrator, as the central office's clerk or as an official of an entity."""

    def __init__(self, http: httpx2.AsyncClient, bearers: Bearers, country: Country) -> None:
        self._http = http
        self._bearers = bearers
        self._country = country
        self._clerk = country.official("central")
        self._who_answers = country.who_answers()

    async def load_country(self, only_where_none_is: bool = False, router: str = "", sla_monitor: str = "") -> bool:
        """Whether anything was taken. `router`, `sla_monitor`: where they are, if not behind the door."""
        parts = {
            f"{router}{ROUTER}/directory": self._country.directory(),
            f"{sla_monitor}{SLA_MONITOR}/calendars-and-policies": self._country.calendars_and_policies(),
        }
        return any([await self._put(url, document, only_where_none_is) for url, document in parts.items()])

    async def _put(self, url: str, document: Document, only_where_none_is: bool) -> bool:
        content = json.dumps(document, ensure_ascii=False, default=str).encode()
        headers = {**await self._bearers.headers(str(ADMINISTRATOR["sub"])), "Content-Type": "application/json"}
        if only_where_none_is:
            headers["If-Match"] = '"0"'
        answer = await self._http.put(url, content=content, headers=headers)
        if only_where_none_is and answer.status_code == httpx2.codes.PRECONDITION_FAILED:
            return False
        if not answer.is_success:
            raise CannotStart(f"the sample country was refused by {url}: {answer.status_code} {answer.text[:1000]}")
        return True

    async def clerk_headers(self) -> dict[str, str]:
        return await self._bearers.headers(self._clerk)

    async def triage_as_expected(self, expected: dict[str, str], every: float = 0.3) -> None:
        """Place each submission that waits in triage at its expected entity, until cancelled.

        `expected` (by reference number) grows while samples are filed; what is not in it is somebody else's.
        """
        while True:
            for item in await self.assignments(state="in_triage"):
                if item["reference"] in expected:
                    await self._place(item, expected[item["reference"]])
            await asyncio.sleep(every)

    async def _place(self, item: Document, entity: str) -> None:
        answer = await self._http.post(
            f"{ROUTER}/assignments/{item['id']}/triage",
            json={"entity": entity, "reason": "placed by the clerk of the demonstration"},
            headers=await self.clerk_headers(),
        )
        if answer.status_code not in (200, 404, 409):  # placed meanwhile: the list was a moment old
            answer.raise_for_status()

    async def answer(self, id: str, entity: str, reply: Reply) -> str:
        """As an official of the entity. What stood against it, empty if nothing did."""
        if entity not in self._who_answers:
            return f"not answered: {entity} has no official who may"
        answer = await self._http.post(
            f"{ROUTER}/assignments/{id}/answer",
            json=reply.model_dump(include={"reason_code", "text"}),
            headers={
                **await self._bearers.headers(self._who_answers[entity]),
                "Idempotency-Key": str(uuid.uuid4()),
            },
        )
        return "" if answer.is_success else f"not answered: {answer.status_code} {answer.text[:300]}"

    async def assignments(self, **query: str) -> list[Document]:
        """All that the central office sees, page by page."""
        items: list[Document] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self._page({**query, "limit": "100", **({"cursor": cursor} if cursor else {})})
            items += page["items"]
            cursor = page["next_cursor"]
        return items

    async def _page(self, query: dict[str, str]) -> dict[str, Any]:
        answer = await self._http.get(f"{ROUTER}/assignments", params=query, headers=await self.clerk_headers())
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        return page
