"""Routes in front of the framework."""

import httpx2
import pytest
from shared.serving.fast_routes import Application


@pytest.mark.parametrize("origin", ["https://tawasul.example", "http://tawasul.example"])
async def test_an_address_with_a_slash_too_many_is_led_back_as_the_public_has_it(origin: str) -> None:
    """However the door spoke to the service: a link with a secret in it must not go over the line in the clear."""
    app = Application()
    app.state.origin = origin

    @app.get("/track/{secret}")
    async def track(secret: str) -> str:
        return secret

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://tawasul.example") as http:
        answer = await http.get("/track/not-for-everybody/")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{origin}/track/not-for-everybody")
