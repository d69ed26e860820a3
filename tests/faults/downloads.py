"""Every acknowledged file, read again by its citizen when all is quiet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import aiohttp

from tests.faults.ledger import Document, Filed, Ledger
from tests.faults.photos import picture_of

AT_ONCE = 8
SECONDS = 10.0


@dataclass(frozen=True)
class Download:
    status: int
    size: int
    picture: str


async def download_all(addresses: Sequence[str], ledger: Ledger) -> dict[str, Download]:
    """By the id of the file; from one replica and the other in turn. What gives no answer is left out."""
    filed = {each.submission: each for each in ledger.filed}
    wanted = [(filed[upload.submission], item) for upload in ledger.uploads for item in upload.items]
    gate, downloads, turn = asyncio.Semaphore(AT_ONCE), dict[str, Download](), cycle(addresses)

    async def _one(of: Filed, item: Document, address: str) -> None:
        async with gate:
            try:
                downloads[item["id"]] = await _read(http, f"{address}{item['url']}", of.secret)
            except (aiohttp.ClientError, TimeoutError, OSError):
                return

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as http:
        await asyncio.gather(*(_one(of, item, next(turn)) for of, item in wanted))
    return downloads


async def _read(http: aiohttp.ClientSession, url: str, secret: str) -> Download:
    async with http.get(url, headers={"Tawasul-Secret": secret}) as answer:
        content = await answer.read()
        return Download(answer.status, len(content), await asyncio.to_thread(picture_of, content))
