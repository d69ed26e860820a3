/* Whether this browser shows at once what comes into the inbox. The page has all the words (inbox.html); what is shown then
   is shown by the app's service worker. A browser that can do it and was asked once says again where it is reached, so that
   links that were opened meanwhile count as well. */

const section = document.querySelector("[data-push-key]");
const { pushKey: key, pushToken: token } = section?.dataset ?? {};
const lines = [...(section?.querySelectorAll("[data-push-line]") ?? [])];
const isPossible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const show = (name) => {
  section.hidden = false;
  for (const line of lines) line.hidden = line.dataset.pushLine !== name;
};

async function manager() {
  await navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" });
  return (await navigator.serviceWorker.ready).pushManager;
}

async function tell(path, body) {
  const headers = { "Content-Type": "application/json", "Tawasul-Form-Token": token, "Idempotency-Key": crypto.randomUUID() };
  const answer = await fetch(`/api/notifier/v1/push/devices${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`refused: ${answer.status}`);
}

const encoded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const made = (push) => push.subscribe({ userVisibleOnly: true, applicationServerKey: key });

/* One that was made for another key of ours could not be reached any more: it is made anew. */
async function known(push) {
  const own = await push.getSubscription();
  const other = own?.options?.applicationServerKey;
  if (!own || (other && encoded(other) === key)) return own;
  await own.unsubscribe();
  return made(push);
}

async function start() {
  if ((await Notification.requestPermission()) !== "granted") { show("denied"); return; }
  const push = await manager();
  const own = (await known(push)) ?? (await made(push));
  await tell("", own.toJSON());
  show("on");
}

async function stop() {
  const own = await (await manager()).getSubscription();
  if (own) await Promise.allSettled([tell("/forget", { endpoint: own.endpoint }), own.unsubscribe()]);
  show("off");
}

async function resume() {
  if (Notification.permission === "denied") { show("denied"); return; }
  const registration = await navigator.serviceWorker.getRegistration();
  const own = registration && Notification.permission === "granted" ? await known(registration.pushManager) : null;
  show(own ? "on" : "off");
  if (own) await tell("", own.toJSON());
}

if (section && isPossible) {
  const carefully = (what) => what().catch(() => show("failed"));
  for (const button of section.querySelectorAll("[data-push-start]")) button.addEventListener("click", () => carefully(start));
  section.querySelector("[data-push-stop]").addEventListener("click", () => carefully(stop));
  carefully(resume);
}
