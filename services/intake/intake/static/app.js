/* The app on every page of intake: the service worker, the draft of the form, what waits for the line. Every page works
   without it. Texts stand in the page (app.html, draft.html); /offline is listed by offline.js. */

const { Device } = self;
const html = document.documentElement;
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;
const isOfNobody = meta("tawasul-shell") !== undefined;
const isOld = html.dataset.kept !== undefined;
const lines = document.querySelector("[data-app-lines]");
const form = document.querySelector("form#submission");
const PAUSE = 400;

/* The page that lists it all says so by itself. */
const show = (name, isShown = true) => {
  const line = document.querySelector("[data-device]") ? null : lines?.querySelector(`[data-app-line="${name}"]`);
  if (line) line.hidden = !isShown;
};

/* Which of the drafts on this device are this person's; a page of the shell does not know, the page before it did. */
async function person() {
  if (isOfNobody || isOld) return (await Device.get("settings", "person")) ?? "";
  return meta("tawasul-person") ?? "";
}

async function remember() {
  await Device.put("settings", "language", html.lang);
  if (!isOfNobody && !isOld) await Device.put("settings", "person", await person());
}

/* What waits ------------------------------------------------------------------------------------------------------ */
async function sendWhatWaits() {
  const waiting = (await Device.all("queue")).some(({ state, files }) => state === "waiting" || (state === "sent" && files.length));
  show("waiting", waiting);
  if (!waiting || !navigator.onLine) return;
  const sent = await Device.send().catch(() => 0);
  const left = (await Device.all("queue")).some(({ state }) => state === "waiting");
  show("waiting", left);
  if (sent) show("sent");
  dispatchEvent(new Event("tawasul-queue"));
}

/* The draft ------------------------------------------------------------------------------------------------------- */
const NOT_OF_A_DRAFT = ["form_token", "key", "step", "lang", "remove"];
const TYPED = ["text", "place", "block", "address", "name", "email", "phone"];
const filesIn = () => [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
const isAnswer = (name) => name === "asked" || name.startsWith("q-");
const same = (one, other) => one.name === other.name && one.size === other.size;
const panel = document.querySelector("[data-draft]");

function fieldsIn() {
  const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_OF_A_DRAFT.includes(name));
  return Object.fromEntries(typed);
}

/* What a link to the form chooses, where the form has it. */
function chosenByAddress() {
  const asked = new URLSearchParams(location.search), has = (name, value) =>
    form.querySelector(`[name="${name}"][value="${CSS.escape(value)}"], [name="${name}"] option[value="${CSS.escape(value)}"]`);
  return ["kind", "category"].map((name) => [name, asked.get(name)]).filter(([name, value]) => value && has(name, value));
}

/* Reloaded, or come back to: what the person chose since counts, as it is in the draft. */
const isFollowedLink = () => performance.getEntriesByType("navigation")[0]?.type === "navigate";

class Draft {
  constructor(owner) { this.owner = owner; this.files = []; this.isGone = this.isSent = false; }

  async load() {
    const known = (await Device.get("drafts", this.owner)) ?? (await Device.get("drafts", ""));
    if (!known) return;
    /* A form that was posted comes back with what was typed; a new one gets it from here, and its key with it. */
    const isFresh = form.dataset.fresh !== undefined;
    if (!isFresh && known.key !== form.elements.key.value) return;
    this.files = known.files;
    if (isFresh) {
      this.restore(known);
      form.querySelector("[data-draft-restored]").hidden = false;
    }
    this.tell();
  }

  restore({ key, fields, files }) {
    form.elements.key.value = key;
    const linked = isFollowedLink() ? chosenByAddress() : [], { category } = Object.fromEntries(linked);
    const isOther = category !== undefined && category !== fields.category;
    const typed = Object.entries(fields).filter(([name]) => !(isOther && isAnswer(name)));
    for (const [name, value] of [...typed, ...linked]) {
      const field = form.elements[name];
      if (!field && isAnswer(name)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      } else if (field?.type === "checkbox") field.checked = field.value === value;
      else if (field) field.value = value;
    }
    const input = form.querySelector("input[type=file]");
    if (!files.length || !input) return;
    const chosen = new DataTransfer();
    for (const file of files) chosen.items.add(file);
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async save() {
    if (this.isGone) return;
    const fields = fieldsIn(), chosen = filesIn(), key = form.elements.key.value;
    const files = [...this.files.filter((file) => !chosen.some((other) => same(file, other))), ...chosen];
    if (!files.length && !TYPED.some((name) => fields[name])) return;
    const draft = { key, fields, files, at: new Date().toISOString(), isSent: this.isSent };
    await Device.put("drafts", this.owner, draft).catch(() => Device.put("drafts", this.owner, { ...draft, files: [] }));
    if (this.owner && (await Device.get("drafts", ""))?.key === key) await Device.remove("drafts", "");
    this.tell();
  }

  /* Files that this page shows are as the person left them; others were sent to the server before. */
  chose() { this.files = this.files.filter((file) => !this.shown?.some((other) => same(file, other))); this.shown = filesIn(); }
  drop(name) { this.files = this.files.filter((file) => file.name !== name); }

  async remove() {
    this.isGone = true;
    for (const owner of ["", this.owner]) await Device.remove("drafts", owner);
  }

  tell() { panel.hidden = false; panel.querySelector("[data-draft-kept]").hidden = false; }
}

/* What the category asks. With a line the server does, on a page of its own; without one from what this device keeps. */
const questions = form?.querySelector("[data-questions]");
const isAway = () => isOfNobody || !navigator.onLine;
const isAnswered = (field) => (field.type === "checkbox" ? field.checked : Boolean(field.value.trim()));

async function keptQuestions(category) {
  const kept = category && (await caches.match(`/app/questions?shell&lang=${html.lang}`));
  if (!kept) return null;
  const page = new DOMParser().parseFromString(await kept.text(), "text/html");
  return page.querySelector(`template[data-category="${CSS.escape(category)}"]`)?.content ?? null;
}

async function ask() {
  const category = form.elements.category?.value ?? "";
  if (!questions || !isAway() || questions.dataset.of === category) return;
  questions.dataset.of = category;
  const content = await keptQuestions(category), given = fieldsIn();
  if (questions.dataset.of !== category) return;
  questions.hidden = !content;
  questions.replaceChildren();
  if (!content) return;
  for (const carried of form.querySelectorAll("input[type=hidden][name=asked], input[type=hidden][name^='q-']")) carried.remove();
  questions.append(document.importNode(content, true));
  for (const field of questions.querySelectorAll("[name^='q-']")) {
    if (field.type === "checkbox") field.checked = field.name in given;
    else field.value = given[field.name] ?? "";
  }
}

function faultIn(fields) {
  const missing = ["kind", "text", "who"].find((name) => !fields[name]?.trim());
  if (missing) return missing;
  if (fields.who === "contact" && !fields.email && !fields.phone) return "contact";
  if (form.querySelector("[data-instead]")) return "elsewhere";
  const asked = [...form.querySelectorAll("[data-required]")];
  return asked.every((one) => [...one.querySelectorAll("input, select, textarea")].some(isAnswered)) ? null : "unanswered";
}

async function offerToQueue(draft) {
  await ask();
  const offer = panel.querySelector("[data-queue]"), fault = offer.querySelector("[data-fault]");
  const wrong = faultIn(fieldsIn()), button = offer.querySelector("button");
  panel.hidden = offer.hidden = false;
  fault.hidden = !wrong;
  button.hidden = Boolean(wrong);
  if (wrong) fault.textContent = fault.dataset[wrong];
  (wrong ? fault : button).focus();
  await draft.save();
}

async function queueIt(draft, owner) {
  draft.chose();
  const files = [...draft.files.filter((file) => !filesIn().some((other) => same(file, other))), ...filesIn()];
  await Device.enqueue({ key: form.elements.key.value, fields: fieldsIn(), files, person: owner, language: html.lang });
  await draft.remove();
  for (const part of form.children) part.hidden = part !== panel;
  panel.querySelector("[data-draft-kept]").hidden = panel.querySelector("[data-queue]").hidden = true;
  const done = panel.querySelector("[data-queued]");
  done.hidden = false;
  done.focus();
  await sendWhatWaits();
}

async function keepDraft() {
  const owner = await person(), draft = new Draft(owner);
  let timer;
  if (form.dataset.fresh !== undefined) for (const [name, value] of chosenByAddress()) form.elements[name].value = value;
  await draft.load();
  draft.shown = filesIn();
  const later = () => { clearTimeout(timer); timer = setTimeout(() => { draft.chose(); draft.save(); }, PAUSE); };
  const isChanged = () => { draft.isSent = false; };
  for (const what of ["input", "change", "click"]) form.addEventListener(what, later);
  for (const what of ["input", "change"]) form.addEventListener(what, isChanged);
  addEventListener("pageshow", ({ persisted }) => { if (persisted) isChanged(); });
  addEventListener("pagehide", () => draft.save());
  document.addEventListener("visibilitychange", () => { if (document.hidden) draft.save(); });
  await ask();
  /* One field, or as many as categories are suggested. */
  form.addEventListener("change", ({ target }) => { if (target.name === "category") ask(); });
  if (form.dataset.fresh === undefined) await draft.save();
  form.addEventListener("submit", (event) => {
    const { name, value } = event.submitter ?? {};
    if (name === "remove") draft.drop(event.submitter.closest("li")?.querySelector(".file-name")?.textContent);
    if (navigator.onLine && !isOfNobody) {
      draft.isSent = value === "send";
      draft.save();
      return;
    }
    event.preventDefault();
    if (name === "lang") draft.save().then(() => location.assign(`/submissions/new?lang=${value}`));
    else offerToQueue(draft);
  });
  for (const button of form.querySelectorAll("[data-draft-delete]")) button.addEventListener("click", async () => {
    await draft.remove();
    location.assign("/submissions/new");
  });
  panel.querySelector("[data-queue] button").addEventListener("click", () => queueIt(draft, owner));
}

async function endDraft() {
  for (const owner of new Set(["", await person()])) {
    if ((await Device.get("drafts", owner))?.isSent) await Device.remove("drafts", owner);
  }
}

/* ----------------------------------------------------------------------------------------------------------------- */
if ("serviceWorker" in navigator && "indexedDB" in window && navigator.locks) {
  /* What the worker fetches for later waits until this page has what it needs now. */
  const register = () => navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" }).catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register);
  addEventListener("online", sendWhatWaits);
  if (isOld) {
    show("kept");
    Device.stamp(lines.querySelector("[data-at]"), html.dataset.kept, html.lang);
  }
  remember().then(() => (form && panel ? keepDraft() : null));
  if (location.pathname.endsWith("/done")) endDraft();
  sendWhatWaits();
}
