"""An official with a browser at the desk: signed in as whom the test says, fills in forms, reads pages."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from shared.events.model import Role
from shared.http.session_cookie import Session
from shared.reference.working_time import utc_now

from tests.support.browser import PUBLIC_URL, Browser

OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC_URL}
A_PERSON = {"Accept": "text/html", "Accept-Language": "en"}


def a_session(subject: str, role: str, entity: str | None, name: str = "") -> Session:
    expires_at = utc_now() + timedelta(minutes=15)
    return Session(uuid4().hex, subject, name or subject, frozenset({Role(role)}), entity, (), expires_at)


class AtTheDesk(Browser):
    def __init__(self, app: FastAPI, subject: str, role: str, entity: str | None) -> None:
        super().__init__(app)
        self.cookie = self._keys.write(a_session(subject, role, entity))

    async def opens(self, path: str, status: int = 200) -> str:
        """The page as text, entities resolved."""
        response = await self.get(path, headers=A_PERSON)
        assert response.status_code == status, response.text
        return unescape(response.text)

    async def sends(self, page: str, action: str, **typed: str) -> httpx2.Response:
        """The form of `page` that leads to `action`, with what it carries and what was typed."""
        form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if f'action="{action}"' in form)
        carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        data: dict[str, Any] = carried | typed
        return await self.post(action, data=data, headers=A_PERSON | OWN_PAGE)
