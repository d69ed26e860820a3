/* Keys of one page at the desk. Without this module Tab goes through the same links.

   [data-keys] tells them, and is there only where this runs. A key follows the link [data-key], or puts the focus where
   that leads on this page; where something is written and not sent, it only goes to the link. No key is taken inside a
   field, with Ctrl, Alt, Shift or Meta, or while [data-keys-on] is not ticked, which this browser remembers. A key counts
   by its letter, and by its place on a keyboard of another script. rows.js keeps the list that one came from. */

const told = document.querySelector("[data-keys]");
const isOn = told.querySelector("[data-keys-on]");
const links = () => [...document.querySelectorAll("[data-key]")];

/* A browser may forbid to keep anything. */
function kept(store, name) {
  try { return window[store].getItem(name); } catch { return null; }
}

function tell() {
  for (const link of links()) {
    if (isOn.checked) link.setAttribute("aria-keyshortcuts", link.dataset.key);
    else link.removeAttribute("aria-keyshortcuts");
  }
}

const list = JSON.parse(kept("sessionStorage", "desk-list") ?? "null");
const at = list ? list.rows.indexOf(location.pathname) : -1;
if (at >= 0) {
  told.querySelector("[data-list]")?.setAttribute("href", list.at);
  for (const item of told.querySelectorAll("[data-beside]")) {
    const beside = list.rows[at + Number(item.dataset.beside)];
    if (!beside) continue;
    item.querySelector("a").href = beside;
    item.hidden = false;
  }
}

isOn.checked = kept("localStorage", "desk-keys") !== "off";
isOn.addEventListener("change", () => {
  tell();
  try { localStorage.setItem("desk-keys", isOn.checked ? "on" : "off"); } catch { /* Then it holds for this page. */ }
});
tell();
told.hidden = false;

/* Browsers take the first choice of a list where the page names none. */
const chosenAtFirst = ({ options }) => Math.max([...options].findIndex((option) => option.defaultSelected), 0);

const isChanged = (field) =>
  field === isOn || field.type === "hidden" ? false :
  field.type === "file" ? field.files.length > 0 :
  field.type === "radio" || field.type === "checkbox" ? field.checked !== field.defaultChecked :
  field.options ? field.selectedIndex !== chosenAtFirst(field) :
  field.value !== field.defaultValue;

const isWritten = () =>
  document.querySelector("[data-live-kept]") !== null ||
  [...document.querySelectorAll("main :is(textarea, input, select)")].some(isChanged);

document.addEventListener("keydown", (event) => {
  const isTaken = event.defaultPrevented || event.repeat || event.isComposing;
  if (!isOn.checked || isTaken || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable], [role=application]")) return;
  const key = /^[a-z0-9]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^(Key|Digit)/, "").toLowerCase();
  const link = links().find((each) => each.dataset.key === key && each.href);
  if (!link) return;
  event.preventDefault();
  const heading = link.getAttribute("href").startsWith("#") && document.querySelector(link.hash);
  if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  } else if (isWritten()) {
    if (told.contains(link)) told.open = true;
    link.focus();
  } else link.click();
});
