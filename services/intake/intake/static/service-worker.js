/* The app without a line. `APP` is written above this by pages/app.py: {version, device, icon, files, pages}; it
   changes with every file and every template, and then this worker is replaced.

   Kept: the shell (files, and pages of nobody, fetched without cookies), and timelines that this device opened, which end
   with the sign-in. Posts are left to the browser: passed on from here they would look as if our own pages had sent them. */

importScripts(APP.device);

const SHELL = `shell-${APP.version}`;
const TIMELINE = /^\/track\/[^/]+$/;
const MOST_TIMELINES = 20;
const DAY = 24 * 3600 * 1000;
const KEPT_DAYS = 30;

const shellPage = (path, language) => `${path}?shell&lang=${language}`;

async function takePage(cache, address) {
  const answer = await fetch(address, { credentials: "omit", cache: "no-store" });
  if (!answer.ok) throw new Error("the shell is not whole");
  await cache.put(address, answer);
}

async function fillShell() {
  const cache = await caches.open(SHELL);
  await Promise.all([cache.addAll(APP.files), ...APP.pages.map((address) => takePage(cache, address))]);
}

async function refreshShell() {
  const cache = await caches.open(SHELL);
  const known = await cache.match(APP.pages[0]);
  if (Date.now() - Date.parse(known?.headers.get("Date")) < DAY) return;
  await Promise.all(APP.pages.map((address) => takePage(cache, address)));
}

self.addEventListener("install", (event) => {
  event.waitUntil(fillShell().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("shell-") && name !== SHELL;
  event.waitUntil((async () => {
    for (const name of (await caches.keys()).filter(old)) await caches.delete(name);
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  })());
});

self.addEventListener("sync", (event) => {
  if (event.tag === "queue") event.waitUntil(Device.send());
});

/* What the notifier tells: its words are whole, and say nothing that a locked screen should not show. */
self.addEventListener("push", (event) => {
  const { title, body, lang, dir, tag, url } = event.data?.json() ?? {};
  if (title) event.waitUntil(self.registration.showNotification(title, { body, lang, dir, tag, icon: APP.icon, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/inbox", location.origin);
  if (url.origin === location.origin) event.waitUntil(open(url));
});

async function open(url) {
  const windows = await self.clients.matchAll({ type: "window" });
  const there = windows.find((one) => new URL(one.url).pathname === url.pathname);
  return there ? there.focus() : self.clients.openWindow(url);
}

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") navigation(event, url);
  else if (request.method === "GET" && url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

function navigation(event, url) {
  const { method } = event.request;
  if (url.pathname === "/auth/sign-out" && method === "POST") event.waitUntil(Device.forgetPerson());
  if (url.pathname === "/auth/callback") event.waitUntil(Device.forgetTimelines());
  if (method === "GET") event.respondWith(fromNetwork(event, url).catch(() => fromDevice(url)));
  else if (!self.navigator.onLine) event.respondWith(page("/offline", url));
}

async function asset(request) {
  const cache = await caches.open(SHELL);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function fromNetwork(event, url) {
  const answer = (await event.preloadResponse) ?? (await fetch(event.request));
  if (TIMELINE.test(url.pathname)) event.waitUntil(keepTimeline(url.pathname, answer.clone()));
  if (url.pathname === "/submissions/new") event.waitUntil(refreshShell().catch(() => {}));
  return answer;
}

/* The newest twenty, for thirty days. One that may not be opened any more is not kept any more. */
async function keepTimeline(path, answer) {
  if (answer.status !== 200 && answer.status !== 404) return;
  const cache = await caches.open(Device.CACHE_OF_TIMELINES);
  await cache.delete(path);
  if (answer.headers.get("Tawasul-Keep") !== "timeline") return;
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  headers.set("Tawasul-Kept", new Date().toISOString());
  await cache.put(path, new Response(await answer.text(), { headers }));
  const known = await cache.keys();
  for (const old of known.slice(0, Math.max(0, known.length - MOST_TIMELINES))) await cache.delete(old);
}

async function fromDevice(url) {
  if (TIMELINE.test(url.pathname)) {
    const cache = await caches.open(Device.CACHE_OF_TIMELINES);
    const known = await cache.match(url.pathname), at = known?.headers.get("Tawasul-Kept");
    if (known && Date.now() - Date.parse(at) < KEPT_DAYS * DAY) {
      const html = await known.text();
      return new Response(html.replace("<html ", `<html data-kept="${at}" `), { headers: known.headers });
    }
    await cache.delete(url.pathname);
  }
  return page(["/", "/submissions/new"].includes(url.pathname) ? url.pathname : "/offline", url);
}

async function page(path, url) {
  const asked = url.searchParams.get("lang");
  const language = ["ar", "en"].includes(asked) ? asked : await Device.get("settings", "language") ?? "ar";
  const cache = await caches.open(SHELL);
  return (await cache.match(shellPage(path, language))) ?? Response.error();
}
