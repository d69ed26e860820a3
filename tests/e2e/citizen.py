"""A person with a browser in front of the site."""

from playwright.async_api import Page

from tests.e2e.looking import Onlooker, Tools
from tests.e2e.site import Site
from tests.support.browser import signed_in_cookie


class Citizen(Onlooker):
    def __init__(self, page: Page, site: Site, language: str, tools: Tools, is_plain: bool = False) -> None:
        super().__init__(page, tools, language, "plain-" if is_plain else "", is_plain)
        self.site = site

    async def goes_to(self, path: str) -> None:
        await self.page.goto(self.site.url + path)

    async def signs_in(self, subject: str, *roles: str, name: str, entity: str | None = None) -> None:
        """As it is afterwards; signing in itself has its own tests."""
        cookie = await signed_in_cookie(self.site.intake, subject, *roles, name=name, entity=entity)
        await self.page.context.add_cookies([{"name": "tawasul", "value": cookie, "url": self.site.url}])

    async def presses(self, selector: str) -> None:
        await self.page.click(selector)
