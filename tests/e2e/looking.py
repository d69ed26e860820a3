"""How the stories look at a page: in both widths and both lights, with a checker of accessibility; its HTML is kept.

`make test-full` (and THOROUGH=1) also takes a picture of each, for a person to look at, and asks the checker at every
width: both take more time than all else in a story.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import ConsoleMessage, Page

from tests.e2e.served import Served

OF_OTHERS = ("/inbox/unread.svg", "/api/router/v1/suggest")
"""Every page asks the notifier, and forms the router, which do not run in every story. Who is quick leaves the form
before the door gives up."""

LIGHTS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
COLOURS = "{runOnly: ['color-contrast']}"
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


@dataclass(frozen=True)
class Tools:
    """`axe`: the source of axe-core. `html` and `pictures`: the folders for what the server sent and what was seen."""

    axe: str
    html: Path
    pictures: Path
    is_thorough: bool

    async def take(self, page: Page, name: str) -> None:
        if self.is_thorough:
            await page.screenshot(path=self.pictures / f"{name}.png", full_page=True)


@dataclass
class Onlooker:
    """Looks at one page of a browser; `faults` is what the browser or a checker complained about.

    `is_plain`: in this browser no script runs, and the checker of accessibility is one.
    """

    page: Page
    tools: Tools
    language: str
    prefix: str = ""
    is_plain: bool = False
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._served = Served(self.page, self.tools.html)
        self.page.on("console", self._hears)

    def _hears(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not str(said.location.get("url", "")).endswith(OF_OTHERS):
            self.faults.append(said.text)

    async def sees(self, name: str) -> None:
        named = f"{self.prefix}{name}-{self.language}"
        await self._served.keep(named)
        for size, (width, height) in SIZES.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            wider = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wider > 0:
                self.faults.append(f"{name} at {width}: {wider} pixels too wide")
            for light in LIGHTS:
                await self.page.emulate_media(color_scheme=light)
                await self.tools.take(self.page, f"{named}-{size}-{light}")
                if not self.is_plain and (size == "desk" or self.tools.is_thorough):
                    await self._check(f"{name} at {width} ({light})", light)

    async def _check(self, name: str, light: str) -> None:
        """Of the dark page its colours alone: it is the same page otherwise, and the checker is in it."""
        asked = f"{self.tools.axe}; axe.run()" if light == "light" else f"axe.run(document, {COLOURS})"
        found: Any = await self.page.evaluate(asked)
        for violation in found["violations"]:
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            self.faults.append(f"{name}: {violation['id']}: {nodes}")

    def expects(self, *statuses: int) -> None:
        """The browser's console names refusals that are part of the story."""
        self.faults = [fault for fault in self.faults if not any(str(status) in fault for status in statuses)]
