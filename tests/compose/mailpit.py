"""Mailpit as a mailbox: its mails through its API, and as the folder that the demonstration reads."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2

A_PAGE = 500


class Mailpit:
    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1"
        self._taken: set[str] = set()

    def fetch(self) -> list[tuple[bytes, tuple[str, ...]]]:
        """What came since the last time, oldest first: each mail as it was sent, and to whom."""
        with httpx2.Client(base_url=self._url, timeout=30) as http:
            found: list[dict[str, Any]] = []
            while page := self._page(http, len(found)):
                found += page
            new = [each for each in reversed(found) if each["ID"] not in self._taken]
            mails = [(http.get(f"/message/{each['ID']}/raw").raise_for_status().content, _to(each)) for each in new]
        self._taken.update(each["ID"] for each in new)
        return mails

    @staticmethod
    def _page(http: httpx2.Client, start: int) -> list[dict[str, Any]]:
        answer = http.get("/messages", params={"limit": A_PAGE, "start": start})
        return list(answer.raise_for_status().json()["messages"])


def _to(message: dict[str, Any]) -> tuple[str, ...]:
    people = [*(message["To"] or ()), *(message["Cc"] or ()), *(message["Bcc"] or ())]
    return tuple(person["Address"] for person in people)


async def fill(mailpit: Mailpit, folder: Path, every: float = 0.3) -> None:
    """The folder as `tawasul.mailbox` would fill it. Until cancelled."""
    number = 0
    while True:
        for content, recipients in await asyncio.to_thread(mailpit.fetch):
            head = "".join(f"X-Envelope-To: {recipient}\r\n" for recipient in recipients)
            unfinished = folder / f".{number:09}.eml"
            unfinished.write_bytes(head.encode() + content)
            unfinished.rename(folder / f"{number:09}.eml")
            number += 1
        await asyncio.sleep(every)
