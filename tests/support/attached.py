"""Files of submissions: sent, looked for and counted."""

from typing import Any

import httpx2
from fastapi import FastAPI
from intake.attachments.commands import GIVEN_UP_AFTER, clean_up_uploads
from shared.reference.working_time import utc_now

from tests.support.intake import a_filing

URL = "/api/intake/v1/submissions"
Client = httpx2.AsyncClient
Sent = tuple[str, bytes]


async def file(client: Client, **changed: Any) -> dict[str, Any]:
    receipt: dict[str, Any] = (await client.post(URL, json=a_filing(**changed))).json()
    return receipt


async def send(client: Client, receipt: dict[str, Any], *files: Sent, **headers: str) -> httpx2.Response:
    return await client.post(
        f"{URL}/{receipt['reference']}/attachments",
        files=[("files", (name, content)) for name, content in files],
        headers={"Tawasul-Secret": receipt["secret"]} | headers,
    )


async def shown(client: Client, receipt: dict[str, Any]) -> dict[str, Any]:
    headers = {"Tawasul-Secret": receipt["secret"]}
    body: dict[str, Any] = (await client.get(f"{URL}/{receipt['reference']}", headers=headers)).json()
    return body


async def kept(intake: FastAPI) -> int:
    """Everything that the store of attachments holds."""
    database = intake.state.service.database
    names = ("attachments", "attachment_contents.files", "attachment_contents.chunks")
    return sum([await database[name].count_documents({}) for name in names])


async def later(intake: FastAPI) -> None:
    """Clear away uploads that are unfinished by now."""
    state = intake.state
    await clean_up_uploads(state.attachments, state.submissions, state.limits, utc_now() + 2 * GIVEN_UP_AFTER)
