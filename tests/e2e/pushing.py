"""Web push in a real browser, without the internet: the browser's own push service cannot be reached from here.

So what a page asks it for is answered in its place, and what was sent to it is given to the service worker from here.
"""

import json
from typing import Any

from playwright.async_api import Page

from tests.support.browsers import PushingBrowser
from tests.support.eventually import eventually

IN_PLACE_OF_THE_PUSH_SERVICE = """
const said = %s, kept = "push";
const plain = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
const bytes = (text) => Uint8Array.from(plain(text), (letter) => letter.charCodeAt(0)).buffer;
const made = (key) => ({
  endpoint: said.endpoint,
  options: { applicationServerKey: bytes(key) },
  toJSON: () => said,
  unsubscribe: async () => { localStorage.removeItem(kept); return true; },
});
PushManager.prototype.getSubscription = async () => {
  const key = localStorage.getItem(kept);
  return key ? made(key) : null;
};
PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
  localStorage.setItem(kept, key);
  return made(key);
};
"""

SHOWN = """async () => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.map(({ title, body, lang, dir, data }) => ({ title, body, lang, dir, data }));
}"""

CLICK = """async () => {
  const opened = [];
  self.clients.openWindow = async (url) => { opened.push(String(url)); };
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  while (!opened.length) await new Promise((then) => setTimeout(then, 10));
  return opened;
}"""


async def takes_pushes(page: Page, browser: PushingBrowser) -> None:
    await page.add_init_script(IN_PLACE_OF_THE_PUSH_SERVICE % json.dumps(browser.subscription))


async def is_shown(page: Page, origin: str, said: dict[str, Any]) -> dict[str, Any]:
    """The notification that the service worker makes of it."""
    tools = await page.context.new_cdp_session(page)
    workers: list[dict[str, Any]] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda told: workers.extend(told["registrations"]))
    await tools.send("ServiceWorker.enable")
    await eventually(lambda: workers)
    pushed = {"origin": origin, "registrationId": workers[-1]["registrationId"], "data": json.dumps(said)}
    await tools.send("ServiceWorker.deliverPushMessage", pushed)
    shown: list[dict[str, Any]] = []

    async def _is_there() -> bool:
        shown[:] = await page.evaluate(SHOWN)
        return bool(shown)

    await eventually(_is_there)
    return shown[0]


async def clicked(page: Page) -> list[str]:
    """What the service worker opens when the notification is clicked; windows open only at the touch of a person."""
    opened: list[str] = await page.context.service_workers[-1].evaluate(CLICK)
    return opened
