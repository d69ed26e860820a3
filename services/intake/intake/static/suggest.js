// While somebody writes and has chosen no category, the likeliest ones are offered below it as buttons. The router is
// asked; without it, or without this script, the list of all categories is there as ever.

const SHORTEST = 15, PAUSE = 900, LEAST = 0.1;
const DIGIT = /[\u0660-\u0669\u06F0-\u06F9]/g;  // of Arabic and Persian keyboards: their last four bits are the number

const box = document.querySelector("[data-suggest]");
if (box) {
  const text = document.getElementById("text"), category = document.getElementById("category");
  const block = document.getElementById("block"), list = box.querySelector("ul");
  let timer = 0, asked = "", pending = null, notBefore = 0;

  function hide() {
    pending?.abort();
    asked = "";
    box.hidden = true;
    list.replaceChildren();
  }

  function take(id) {
    category.value = id;
    category.dispatchEvent(new Event("change", { bubbles: true }));
    category.focus();
  }

  function offered(items) {
    const there = new Set([...category.options].map((option) => option.value));
    return items.filter((item) => item.probability >= LEAST && there.has(item.category)).map((item) => {
      const entry = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.className = "button quiet";
      button.textContent = item.name[document.documentElement.lang === "ar" ? "ar" : "en"];
      button.addEventListener("click", () => take(item.category));
      entry.append(button);
      return entry;
    });
  }

  async function ask() {
    const written = text.value.trim();
    if (category.value || written.length < SHORTEST) return hide();
    const body = { text: written };
    const number = (block?.value ?? "").trim().replace(DIGIT, (digit) => digit.codePointAt(0) & 15);
    if (/^[0-9]{1,5}$/.test(number)) body.location = { block: number };
    const asking = JSON.stringify(body);
    if (asking === asked) return undefined;  // on its way, shown, or nothing is known of it
    if (Date.now() < notBefore) return hide();
    pending?.abort();
    asked = asking;
    const { signal } = pending = new AbortController();
    try {
      const answer = await fetch(box.dataset.suggest, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: asking, signal,
        credentials: "omit",  // whoever writes is nobody's business there
      });
      notBefore = Date.now() + 1000 * (Number(answer.headers.get("Retry-After")) || 0);
      const entries = answer.ok ? offered((await answer.json()).items) : [];
      if (category.value) return hide();
      list.replaceChildren(...entries);
      box.hidden = !entries.length;
    } catch {
      if (!signal.aborted) hide();
    }
    return undefined;
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); };
  text.addEventListener("input", soon);
  text.addEventListener("change", soon);
  category.addEventListener("change", soon);
  if (text.value) soon();
}
