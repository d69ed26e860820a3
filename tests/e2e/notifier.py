"""The notifier behind the real door, with a post office; the test plays the other services."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from notifier.app import create_app
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import PostOffice, a_post_office, notifier_settings, the_country
from tests.support.serving import listening


@dataclass
class NotifierSite:
    url: str
    neighbours: Neighbours
    office: PostOffice
    notifier: Any


@contextlib.asynccontextmanager
async def notifier_site(
    infrastructure: Infrastructure, neighbours: Neighbours, folder: Path
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
        )
        app = create_app(settings)
        async with listening(app) as upstream:
            # It serves the look that it shares with intake as well.
            upstreams = dict.fromkeys(("notifier", "intake"), upstream.removeprefix("http://"))
            door = Running(Door(Port("door", port), upstreams, folder / "door"), folder / "log")
            try:
                await door.launch()
                await door.become_ready()
                await eventually(lambda: not app.state.service.why_not_ready())
                yield NotifierSite(url, neighbours, office, app)
            finally:
                await door.stop(5.0)
