"""The notifier behind the real door, with a post office; the test plays the other services.

    site = notifier.site

in a file of tests gives each of them one.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio
from notifier.app import create_app
from playwright.async_api import Browser, Page
from shared.events.model import Role
from shared.http.session_cookie import Session, SessionKeys
from shared.reference.working_time import utc_now
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

from tests.support.browsers import a_push_key
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.notifier import SESSION_KEYS, notifier_settings, the_country
from tests.support.post_office import PostOffice, a_post_office
from tests.support.serving import listening


@dataclass
class NotifierSite:
    url: str
    neighbours: Neighbours
    office: PostOffice
    notifier: Any


@contextlib.asynccontextmanager
async def notifier_site(
    infrastructure: Infrastructure, neighbours: Neighbours, folder: Path, intake: str | None = None
) -> AsyncIterator[NotifierSite]:
    for change in the_country():
        kind = change.type.removesuffix("Changed").lower()
        await neighbours.publish(f"{kind}:{getattr(change, kind)}", change)
    url = f"http://localhost:{(port := free_port())}"
    prefix = neighbours.settings.topic_prefix
    async with a_post_office() as office:
        settings = notifier_settings(
            infrastructure,
            f"test_{uuid4().hex[:12]}",
            prefix,
            "http://127.0.0.1:1",
            office.port,
            public_url=url,
            node_modules=NODE_MODULES,
            outside_allowed_networks="127.0.0.0/8",
            push_key=a_push_key(),
        )
        app = create_app(settings)
        async with listening(app) as upstream:
            own = upstream.removeprefix("http://")
            # Where intake is not behind the door, the notifier serves the look that they share.
            upstreams = {"notifier": own, "intake": intake or own}
            door = Running(Door(Port("door", port), upstreams, folder / "door"), folder / "log")
            try:
                await door.launch()
                await door.become_ready()
                await eventually(lambda: not app.state.service.why_not_ready())
                yield NotifierSite(url, neighbours, office, app)
            finally:
                await door.stop(5.0)


@pytest_asyncio.fixture(loop_scope="session")
async def site(
    chromium: str, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[NotifierSite]:
    async with (
        neighbourhood(kafka_bootstrap) as neighbours,
        notifier_site(infrastructure, neighbours, tmp_path) as running,
    ):
        yield running


async def a_page(
    browser: Browser, site: NotifierSite, language: str, subject: str | None, name: str, *roles: Role, scope: str = ""
) -> Page:
    """In a browser that has this session."""
    context = await browser.new_context(locale=language, reduced_motion="reduce")
    scopes = (scope,) if scope else ()
    session = Session(uuid4().hex, subject, name, frozenset(roles), None, scopes, utc_now() + timedelta(minutes=15))
    value = SessionKeys(SESSION_KEYS).write(session)
    await context.add_cookies([{"name": "tawasul", "value": value, "url": site.url}])
    return await context.new_page()
