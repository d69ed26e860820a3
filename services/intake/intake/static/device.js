/* What the app keeps on this device: drafts, submissions that wait for the line, their receipts. One script for pages and
   for the service worker. An entry is sent under the key that its draft was given, so it is stored once however often,
   and from however many tabs, it is sent. */

self.Device = (() => {
  const API = "/api/intake/v1/submissions";
  const FORM = "/submissions/new";
  const STORES = ["drafts", "queue", "settings"];
  const REFUSED = [400, 403, 409, 413, 422];
  const CACHE_OF_TIMELINES = "timelines";
  let opening;

  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  function database() {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open("tawasul", 1);
      request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opening;
  }

  /* As the pages write it: Latin digits in both languages. */
  const moment = (at, language) => new Date(at).toLocaleString(
    language === "ar" ? "ar-BH-u-nu-latn" : "en-GB", { dateStyle: "long", timeStyle: "short" },
  );

  function stamp(place, at, language) {
    const time = Object.assign(document.createElement("time"), { dateTime: at, textContent: moment(at, language) });
    place.replaceChildren(time);
  }

  const store = async (name, mode = "readwrite") => (await database()).transaction(name, mode).objectStore(name);
  const get = async (name, key) => done((await store(name, "readonly")).get(key));
  const all = async (name) => done((await store(name, "readonly")).getAll());
  const put = async (name, key, value) => done((await store(name)).put(value, key));
  const remove = async (name, key) => done((await store(name)).delete(key));

  /* The fields of the form as the api takes them: services/intake/intake/filing/form_fields.py says the same. */
  function bodyOf(fields, language) {
    const some = (names) => {
      const given = names.filter((name) => fields[name]).map((name) => [name, fields[name]]);
      return given.length ? Object.fromEntries(given) : undefined;
    };
    const { who, kind, text, category } = fields;
    const reachable = who === "contact" || (who === "account" && (fields.email || fields.phone));
    return JSON.stringify({
      kind, text, language, channel: "app", publish: fields.publish === "yes", category: category || undefined,
      location: some(["place", "block", "address", "lat", "lon"]), answers: answersIn(fields),
      contact: reachable ? some(["name", "email", "phone"]) : undefined,
    });
  }

  function answersIn(fields) {
    if (!fields.category || fields.asked !== fields.category) return undefined;
    const answers = {};
    for (const [name, value] of Object.entries(fields)) {
      if (!name.startsWith("q-") || !value) continue;
      const [code, option] = name.slice(2).split(".");
      if (option === undefined) answers[code] = value;
      else (answers[code] ??= []).push(option);
    }
    return Object.keys(answers).length ? answers : undefined;
  }

  async function enqueue({ key, fields, files, person, language }) {
    const entry = {
      key, fields, files, language, person: fields.who === "account" ? person : "", at: new Date().toISOString(),
      body: bodyOf(fields, language), filesKey: crypto.randomUUID(), state: "waiting",
    };
    await put("queue", key, entry);
    const worker = await self.navigator.serviceWorker?.getRegistration();
    await worker?.sync?.register("queue").catch(() => {});
  }

  /* Who is signed in now; the session is renewed on the way where it has ended. */
  async function session() {
    const address = "/app/session";
    let answer = await fetch(address, { cache: "no-store" });
    if (answer.status === 401) answer = await fetch(`/auth/renew?return_to=${encodeURIComponent(address)}`);
    if (!answer.ok) throw new Error("later");
    return answer.json();
  }

  /* It was sent by the form before, and the answer was lost on the way: the form's own address tells its receipt. */
  async function receiptOfForm(entry) {
    const { form_token: token } = await session();
    const fields = { ...entry.fields, key: entry.key, step: "send", ...(token && { form_token: token }) };
    const answer = await fetch(FORM, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "text/html" } });
    const found = /^\/submissions\/([^/]+)\/done$/.exec(new URL(answer.url).pathname);
    const link = found && new RegExp(`href="([^"]*/track/${found[1]}/([^"/]+))"`).exec(await answer.text());
    return link && { reference: found[1], tracking_url: link[1], secret: link[2] };
  }

  async function file(entry) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": entry.key };
    entry.needs = undefined;
    if (entry.person) {
      const { person, form_token: token } = await session();
      if (person !== entry.person) { entry.needs = "sign-in"; return; }
      headers["Tawasul-Form-Token"] = token;
    }
    /* Who stays anonymous sends no cookie: nothing then says who it was. */
    const credentials = entry.person ? "same-origin" : "omit";
    const answer = await fetch(API, { method: "POST", headers, credentials, body: entry.body });
    if (answer.status === 201) entry.receipt = await answer.json();
    else if (answer.status === 409) entry.receipt = await receiptOfForm(entry);
    else if (!REFUSED.includes(answer.status)) throw new Error("later");
    if (entry.receipt) entry.state = "sent";
    else Object.assign(entry, { state: "refused", said: answer.status === 409 ? null : await answer.json() });
  }

  async function attach(entry) {
    const body = new FormData();
    for (const one of entry.files) body.append("files", one, one.name);
    const { reference, secret } = entry.receipt;
    const headers = { "Tawasul-Secret": secret, "Idempotency-Key": entry.filesKey };
    const answer = await fetch(`${API}/${reference}/attachments`, { method: "POST", headers, body, credentials: "omit" });
    if (!answer.ok && !REFUSED.includes(answer.status)) throw new Error("later");
    if (!answer.ok) entry.said = await answer.json();
    entry.files = [];
  }

  /* One at a time, in this and all other tabs. Gives how many were sent; raises what keeps the others waiting. */
  function send() {
    return self.navigator.locks.request("tawasul-queue", async () => {
      let sent = 0;
      for (const entry of (await all("queue")).sort((one, other) => one.at.localeCompare(other.at))) {
        if (entry.state === "waiting") {
          await file(entry);
          await put("queue", entry.key, entry);
          sent += entry.state === "sent" ? 1 : 0;
        }
        if (entry.state === "sent" && entry.files.length) {
          await attach(entry);
          await put("queue", entry.key, entry);
        }
      }
      return sent;
    });
  }

  /* Before somebody signs in; drafts are shown to their own author only, and outlive a session that ended by itself. */
  const forgetTimelines = () => caches.delete(CACHE_OF_TIMELINES);

  /* At sign-out. What was not sent yet stays, for its own author to send; what is told to this person stops here. */
  async function forgetPerson() {
    await forgetTimelines();
    await remove("settings", "person");
    const owned = await done((await store("drafts", "readonly")).getAllKeys());
    for (const person of owned) if (person) await remove("drafts", person);
    for (const entry of await all("queue")) if (entry.person && entry.state === "sent") await remove("queue", entry.key);
    const worker = self.registration ?? (await self.navigator.serviceWorker?.getRegistration());
    await (await worker?.pushManager?.getSubscription())?.unsubscribe().catch(() => {});
  }

  async function forgetAll() {
    await forgetTimelines();
    for (const name of ["drafts", "queue"]) await done((await store(name)).clear());
  }

  return { CACHE_OF_TIMELINES, stamp, get, all, put, remove, enqueue, send, forgetTimelines, forgetPerson, forgetAll };
})();
