"""A browser that remembers what the scripts of its pages could not do."""

from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

FAILED_REQUEST = "Failed to load resource"
"""How Chromium's console begins to tell of an answer that did not come, or was a refusal: no script's doing. The
stories tell which of them they provoke (`Onlooker.faults`)."""


class WatchedBrowser(Browser):
    """The only browser of the tests: every context is opened by it, so no page goes unwatched."""

    def __init__(self, launched: Browser) -> None:
        super().__init__(launched._impl_obj)
        self.errors: list[str] = []

    async def new_context(self, **options: Any) -> BrowserContext:
        context = await super().new_context(**options)
        context.on("weberror", self._raised)
        context.on("console", self._logged)
        return context

    async def new_page(self, **options: Any) -> Page:
        return await (await self.new_context(**options)).new_page()

    def _raised(self, error: WebError) -> None:
        page = error.page.url if error.page else "a page"
        self.errors.append(f"{page}: {error.error.stack or error.error.message}")

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(FAILED_REQUEST):
            self.errors.append(f"{message.location.get('url', 'a page')}: {message.text}")
