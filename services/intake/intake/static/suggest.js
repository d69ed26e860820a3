/* Categories to choose from while one writes what it is about. Without this module, or without a line, one chooses from
   the list, and the check offers the same. No cookie goes with the text: nobody is told who writes. */

const ADDRESS = "/api/intake/v1/categories/suggestions";
const PAUSE = 700;
const SHORTEST = 12;

const text = document.getElementById("text");
const category = document.getElementById("category");
const offer = document.querySelector("[data-suggest]");
const buttons = offer?.querySelector(".actions");
let timer, asked = "";

function show(items) {
  buttons.replaceChildren(...items.map(({ category: id, name }) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button quiet" });
    button.textContent = name[document.documentElement.lang];
    button.addEventListener("click", () => {
      category.value = id;
      category.dispatchEvent(new Event("change", { bubbles: true }));
      category.focus();
    });
    return button;
  }));
  offer.hidden = !items.length;
}

async function suggest() {
  const written = text.value.trim();
  if (category.value || written.length < SHORTEST) { asked = ""; show([]); return; }
  if (written === asked || !navigator.onLine) return;
  asked = written;
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(ADDRESS, { method: "POST", headers, credentials: "omit", body: JSON.stringify({ text: written }) });
  const { items } = answer.ok ? await answer.json() : { items: [] };
  if (written === asked && !category.value) show(items.filter(({ category: id }) => [...category.options].some(({ value }) => value === id)));
}

if (text && category && offer) {
  const later = () => { clearTimeout(timer); timer = setTimeout(() => suggest().catch(() => {}), PAUSE); };
  text.addEventListener("input", later);
  category.addEventListener("change", later);
  later();
}
