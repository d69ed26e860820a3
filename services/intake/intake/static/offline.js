/* /offline: lists what this device keeps. The rows are templates in the page. */

const { Device } = self;
const html = document.documentElement;
const root = document.querySelector("[data-device]");

function row(name, at, text = "") {
  const item = root.querySelector(`template[data-for="${name}"]`).content.firstElementChild.cloneNode(true);
  const words = item.querySelector(".case-text");
  Device.stamp(item.querySelector("[data-at]"), at, html.lang);
  if (words) words.textContent = text.length > 240 ? `${text.slice(0, 240)}…` : text;
  return item;
}

function said(problem) {
  const ofField = problem.errors?.[0], arabic = html.lang === "ar";
  return arabic ? ofField?.message_ar ?? problem.detail_ar : ofField?.message ?? problem.detail;
}

/* Back into the form, under a new key: what was sent under the old one is another submission. */
async function change(entry) {
  const draft = { key: crypto.randomUUID(), fields: entry.fields, files: entry.files, at: entry.at };
  await Device.put("drafts", entry.person, draft);
  await Device.remove("queue", entry.key);
  location.assign("/submissions/new");
}

function entryRow(entry) {
  const item = row(entry.state, entry.receipt?.received_at ?? entry.at, entry.fields.text);
  const fault = item.querySelector("[data-said]");
  if (entry.said && fault) { fault.hidden = false; fault.textContent = said(entry.said); }
  if (entry.needs) item.querySelector("[data-sign-in]").hidden = false;
  item.querySelector("[data-change]")?.addEventListener("click", () => change(entry));
  item.querySelector("[data-delete-one]")?.addEventListener("click", async () => {
    await Device.remove("queue", entry.key);
    await draw();
  });
  if (entry.receipt) {
    item.querySelector("[data-reference]").textContent = entry.receipt.reference;
    const link = item.querySelector("[data-link]");
    link.href = link.textContent = new URL(entry.receipt.tracking_url, location.href);
  }
  return item;
}

async function timelineRows() {
  const cache = await caches.open(Device.CACHE_OF_TIMELINES), rows = [];
  for (const request of (await cache.keys()).reverse()) {
    const kept = await cache.match(request), path = new URL(request.url).pathname;
    const item = row("timeline", kept.headers.get("Tawasul-Kept"));
    const link = item.querySelector("[data-link]");
    link.href = path;
    link.textContent = path.slice("/track/".length);
    rows.push(item);
  }
  return rows;
}

async function draw() {
  const person = (await Device.get("settings", "person")) ?? "";
  const drafts = [await Device.get("drafts", person), person && (await Device.get("drafts", ""))].filter(Boolean);
  /* What somebody else wrote under their own sign-in is listed for them alone. */
  const entries = (await Device.all("queue")).filter((entry) => !entry.person || entry.person === person);
  const parts = {
    draft: drafts.map(({ at, fields }) => row("draft", at, fields.text)),
    queue: entries.sort((one, other) => other.at.localeCompare(one.at)).map(entryRow),
    timelines: await timelineRows(),
  };
  let isEmpty = true;
  for (const [name, rows] of Object.entries(parts)) {
    const part = root.querySelector(`[data-part="${name}"]`);
    part.querySelector("ul").replaceChildren(...rows);
    part.hidden = !rows.length;
    if (rows.length) isEmpty = false;
  }
  root.querySelector("[data-nothing]").hidden = !isEmpty;
  root.querySelector("[data-delete]").hidden = isEmpty;
}

const tellOfTheLine = () => {
  root.querySelector("[data-away]").hidden = location.pathname === "/offline" && navigator.onLine;
};

if (Device && "indexedDB" in window) {
  root.querySelector("[data-delete] button").addEventListener("click", async () => {
    if (!confirm(root.dataset.deleteAll)) return;
    await Device.forgetAll();
    await draw();
  });
  addEventListener("tawasul-queue", draw);
  for (const what of ["online", "offline"]) addEventListener(what, tellOfTheLine);
  tellOfTheLine();
  draw();
}
