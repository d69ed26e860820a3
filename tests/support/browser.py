"""A browser as far as sign-in needs one: it keeps cookies by path, follows nothing by itself, and shows its cookies."""

from types import TracebackType
from typing import Any, Self

import httpx2
from fastapi import FastAPI
from intake.sign_in.provider import Identified
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.session_cookie import SessionKeys
from shared.reference.working_time import utc_now

PUBLIC_URL = "http://service"


async def signed_in_cookie(
    intake: FastAPI, subject: str, *roles: str, name: str = "", entity: str | None = None
) -> str:
    """The cookie of a session as it is after signing in; the provider's part of that is told elsewhere."""
    caller = Caller(subject, name or subject, frozenset(map(Role, roles)), entity)
    _, stored = await intake.state.sessions.begin(Identified(caller, None, None), (), utc_now())
    keys: SessionKeys = intake.state.session_keys
    return keys.write(stored.cookie(utc_now()))


class Browser:
    """Speaks to one application of the test's own process."""

    def __init__(self, app: FastAPI, public_url: str = PUBLIC_URL) -> None:
        self._keys: SessionKeys = app.state.session_keys
        self._origin = public_url
        self._client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=public_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, url: str, **more: Any) -> httpx2.Response:
        return await self._client.get(url, **more)

    async def post(self, url: str, **more: Any) -> httpx2.Response:
        return await self._client.post(url, **more)

    @property
    def cookie(self) -> str:
        return self._client.cookies.get("tawasul") or ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self._set("tawasul", value)

    @property
    def renewal(self) -> str:
        return self._client.cookies.get("tawasul-renewal") or ""

    @renewal.setter
    def renewal(self, value: str) -> None:
        self._client.cookies.set("tawasul-renewal", value, domain="service.local", path="/auth")

    @property
    def form_token(self) -> str:
        return self._keys.read(self.cookie).form_token

    def own_script(self) -> dict[str, str]:
        """Headers of a script on one of our own pages."""
        return {"Sec-Fetch-Site": "same-origin", "Origin": self._origin, "Tawasul-Form-Token": self.form_token}

    def _set(self, name: str, value: str) -> None:
        for cookie in list(self._client.cookies.jar):
            if cookie.name == name:
                cookie.value = value
                return
        self._client.cookies.set(name, value, domain="service.local", path="/")
