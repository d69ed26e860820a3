// While somebody writes, what others have reported that may be the same is shown after the place. The server draws it as it
// does at the check; without this script it is seen there.

const SHORTEST = 15, PAUSE = 1500;
const ASKED_BY = ["text", "category", "place", "place_id", "block", "address", "lat", "lon"];

const box = document.querySelector("[data-similar]");
if (box) {
  const { elements } = box.closest("form"), list = box.querySelector("[data-similar-list]");
  const said = box.querySelector("[data-similar-said]");
  let timer = 0, asked = "", pending = null, notBefore = 0;

  function show(nodes = []) {
    list.replaceChildren(...nodes);
    said.textContent = list.firstElementChild ? said.dataset.similarSaid : "";
  }

  const written = () =>
    new URLSearchParams(ASKED_BY.map((name) => [name, elements[name]?.value.trim() ?? ""]).filter(([, value]) => value));

  async function ask() {
    const body = written(), asking = `${body}`;
    if (asking === asked || Date.now() < notBefore) return;
    pending?.abort();
    asked = asking;
    if ((body.get("text") ?? "").length < SHORTEST) { show(); return; }
    const { signal } = pending = new AbortController();
    try {
      const answer = await fetch(box.dataset.similar, { method: "POST", body, signal, credentials: "omit" });
      notBefore = Date.now() + 1000 * (Number(answer.headers.get("Retry-After")) || 0);
      const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
      if (!signal.aborted) show(page.body.children);
    } catch {
      if (!signal.aborted) show();
    }
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); };
  for (const name of ASKED_BY) {
    for (const what of ["input", "change"]) elements[name]?.addEventListener(what, soon);
  }
  soon();
}
