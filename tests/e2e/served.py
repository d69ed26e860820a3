"""What the server sent: the HTML of every page that a story looks at, for the W3C's checker."""

import json
import subprocess
from pathlib import Path

from playwright.async_api import Error, Page, Response
from tawasul.stack.java import java

EXTRACT = 120


class Served:
    """Follows one page of a browser. What a browser has made of HTML is well formed, whatever it was: the answer itself
    is kept."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page, self.folder = page, folder
        self._last: Response | None = None
        page.on("response", self._remember)

    def _remember(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self._page.main_frame:
            self._last = response

    async def keep(self, name: str) -> None:
        assert self._last is not None, f"{name}: no page was loaded"
        try:
            html = await self._last.text()
        except Error:  # a service worker's answer is not always given out
            html = await self._page.content()
        (self.folder / f"{name}.html").write_text(html)


def faults(jar: Path, folder: Path) -> list[str]:
    """What is not valid in the pages of a folder, by the W3C's checker; one start of Java for all of them."""
    command = [java(), "-jar", str(jar), "--format", "json", "--errors-only", "--exit-zero-always", str(folder)]
    checked = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    messages = json.loads(checked.stderr)["messages"]
    return [_said(message) for message in messages]


def _said(message: dict[str, str]) -> str:
    where = f"{message.get('url', '').rpartition('/')[2]}:{message.get('lastLine', '')}"
    return f"{where}: {message['message']} {message.get('extract', '')[:EXTRACT]!r}"
