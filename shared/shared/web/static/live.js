/* Live updates of one page. Without this module the page is the same and is loaded again by hand.

   <div data-live-url="…/events" data-live-page="/track/…" data-live-version="7"> holds it; each [data-live="name"] inside
   is taken from that page as the server draws it now. A part in which a person is writing, or that came back with what was
   typed (data-live-kept), is left alone: [data-live-waiting] then says that there is news. [data-live-said] is read out
   when something changed. */

const root = document.querySelector("[data-live-url]");
const SHORTEST = 5_000;
const LONGEST = 60_000;
let pause = SHORTEST;
let source;
let timer;
let catchingUp = false;
let again = false;

/* Without what differs each time it is drawn, and what the person opened. */
const drawn = (part) => part.innerHTML.replace(/name="key" value="[^"]*"/g, "").replace(/<details open="">/g, "<details>");

/* Typed into, or where the keyboard is: taking that away would lose the place. */
const isBusy = (part) =>
  "liveKept" in part.dataset ||
  part.contains(document.activeElement) ||
  [...part.querySelectorAll("textarea, input, select")].some((field) =>
    field.type === "radio" || field.type === "checkbox" ? field.checked !== field.defaultChecked :
    field.type === "file" ? field.files.length > 0 :
    "defaultValue" in field && field.value !== field.defaultValue);

/* The session is renewed on the way where it has ended; a page of somebody who may no longer look is not taken. */
async function newest() {
  const here = root.dataset.livePage;
  const headers = { Accept: "text/html" };
  let answer = await fetch(here, { headers });
  if (answer.status === 401) answer = await fetch(`/auth/renew?return_to=${encodeURIComponent(here)}`, { headers });
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-live-url]");
}

/* What a person opened stays open. */
function take(part, other) {
  const opened = [...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  part.replaceChildren(...other.childNodes);
  for (const summary of part.querySelectorAll("details > summary")) {
    if (opened.includes(summary.textContent)) summary.parentElement.open = true;
  }
}

async function catchUp() {
  if (catchingUp) { again = true; return; } // what is being fetched may be older than this news
  catchingUp = true;
  try {
    const fresh = await newest();
    if (!fresh || fresh.dataset.liveVersion === root.dataset.liveVersion) return;
    let isWhole = true;
    let isNews = false;
    for (const part of root.querySelectorAll("[data-live]")) {
      const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!other || drawn(other) === drawn(part)) continue;
      isNews = true;
      if (isBusy(part)) isWhole = false;
      else take(part, other);
    }
    root.dataset.liveVersion = fresh.dataset.liveVersion;
    const waiting = root.querySelector("[data-live-waiting]");
    if (waiting) waiting.hidden = isWhole;
    const said = root.querySelector("[data-live-said]");
    if (said && isNews) said.textContent = said.dataset.liveSaid;
  } catch {
    /* The line is away; EventSource comes again, and then so does this. */
  } finally {
    catchingUp = false;
    if (again) {
      again = false;
      catchUp();
    }
  }
}

function listen() {
  clearTimeout(timer);
  source = new EventSource(`${root.dataset.liveUrl}?seen=${root.dataset.liveVersion}`);
  source.addEventListener("open", () => { pause = SHORTEST; });
  source.addEventListener("changed", catchUp);
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    /* Refused: the session has ended, too many wait, or the service starts anew. Look by oneself, and ask again. */
    timer = setTimeout(() => catchUp().then(listen), pause * (0.5 + Math.random()));
    pause = Math.min(2 * pause, LONGEST);
  });
}

function rest() {
  clearTimeout(timer);
  source?.close();
}

if (root && "EventSource" in window) {
  document.addEventListener("visibilitychange", () => {
    rest();
    if (document.visibilityState === "visible") listen();
  });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  if (document.visibilityState === "visible") listen();
}
