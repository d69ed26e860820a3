"""A person with a browser, who takes pictures of what they see; the pages are checked on the way."""

from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page

from tests.e2e.served import Served
from tests.e2e.site import Site
from tests.support.browser import signed_in_cookie

LIGHTS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


class Citizen:
    """`faults`: what the browser or a checker of accessibility complained about."""

    def __init__(self, page: Page, site: Site, language: str, pictures: Path, axe: str, html: Path) -> None:
        self.page, self.site, self.language, self.pictures, self.axe = page, site, language, pictures, axe
        self.served = Served(page, html)
        self.faults: list[str] = []

    async def goes_to(self, path: str) -> None:
        await self.page.goto(self.site.url + path)

    async def signs_in(self, subject: str, *roles: str, name: str, entity: str | None = None) -> None:
        """As it is afterwards; signing in itself has its own tests."""
        cookie = await signed_in_cookie(self.site.intake, subject, *roles, name=name, entity=entity)
        await self.page.context.add_cookies([{"name": "tawasul", "value": cookie, "url": self.site.url}])

    async def presses(self, selector: str) -> None:
        await self.page.click(selector)

    async def sees(self, name: str) -> None:
        """The page in both widths and both lights; and what a checker of accessibility says of it. Its HTML is kept."""
        await self.served.keep(f"{name}-{self.language}")
        for size, (width, height) in SIZES.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            wider = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wider > 0:
                self.faults.append(f"{name} at {width}: {wider} pixels too wide")
            for light in LIGHTS:
                await self.page.emulate_media(color_scheme=light)
                file = self.pictures / f"{name}-{self.language}-{size}-{light}.png"
                await self.page.screenshot(path=file, full_page=True)
                if size == "desk":
                    await self._check(f"{name} ({light})")

    async def _check(self, name: str) -> None:
        found: Any = await self.page.evaluate(self.axe + "; axe.run()")
        for violation in found["violations"]:
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            self.faults.append(f"{name}: {violation['id']}: {nodes}")
