"""The refusal of a body that cannot be read."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from shared.http import problems


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


def an_app() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.post("/")
    async def take(sent: Sent) -> None: ...

    return app


async def refused(body: bytes) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=an_app()), base_url="http://service") as client:
        answer = await client.post("/", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert problem["detail_ar"]
    return problem


@pytest.mark.parametrize("body", [b"\xff{", b"[" * 100_000, b"9" * 10_000])
async def test_a_body_that_the_framework_cannot_read_is_refused_like_every_other(body: bytes) -> None:
    assert (await refused(body))["type"] == "urn:tawasul:problem:broken-form"


async def test_the_name_of_an_unknown_field_is_not_repeated_at_any_length() -> None:
    (error,) = (await refused(b'{"' + b"x" * 60_000 + b'": 1}'))["errors"]
    assert error["field"] == "x" * 200


async def test_an_unknown_field_may_have_a_name_that_is_no_text() -> None:
    (error,) = (await refused(b'{"\\ud800": 1}'))["errors"]
    assert error["message_ar"]
