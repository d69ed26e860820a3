"""A person without a mouse: goes from stop to stop, and says what is wrong with one."""

from typing import Any

from playwright.async_api import Page

MOST_STOPS = 80

STOP = """(before) => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const drawn = (box, style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0;
  const rings = [here, ...[...document.querySelectorAll(":has(:focus-visible)")]];
  const box = here.getBoundingClientRect();
  const last = document.querySelector("[data-stop]");
  const said = here.outerHTML.slice(0, 120);
  const found = {
    said,
    isVisible: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight,
    hasRing: rings.some((each) => drawn(each.getBoundingClientRect(), getComputedStyle(each))),
    isLater: !last || Boolean(last.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING),
    isOutOfOrder: here.tabIndex > 0,
  };
  last?.removeAttribute("data-stop");
  here.setAttribute("data-stop", "");
  return found;
}"""
"""Focus is drawn around the element itself or, where that is one of a card's parts, around the card."""


class Keyboard:
    """`faults`: stops that cannot be seen, or that come in another order than they are read."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.faults: list[str] = []

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await self._page.keyboard.press(key)

    async def types(self, text: str) -> None:
        await self._page.keyboard.type(text)

    async def goes_to(self, selector: str, most: int = MOST_STOPS) -> None:
        """By the tabulator, however many stops it takes; on a new page by way of the skip link."""
        for _ in range(most):
            await self.presses("Tab")
            await self._looks()
            if await self._page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"{selector} was not reached in {most} stops at {self._page.url}")

    async def skips_to_the_content(self) -> None:
        """The first stop of a page leads past what all pages begin with."""
        await self.goes_to(".skip", most=1)
        await self.presses("Enter")
        assert await self._page.evaluate("document.activeElement.id") == "content"

    async def _looks(self) -> None:
        stop: dict[str, Any] | None = await self._page.evaluate(STOP)
        if stop is None:
            return
        if not stop["isVisible"]:
            self.faults.append(f"not on the screen: {stop['said']}")
        if not stop["hasRing"]:
            self.faults.append(f"nothing shows the focus: {stop['said']}")
        if not stop["isLater"] or stop["isOutOfOrder"]:
            self.faults.append(f"out of order: {stop['said']}")
