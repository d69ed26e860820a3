/* The keyboard in a list of the desk. Without this module Tab goes through the same links and boxes.

   Only while a row has the focus, so that no key is taken from anything else: the arrows (or j and k) go from row to row,
   Home and End to the first and the last, x ticks it. Enter follows the link, as ever. The page that it leads to finds here which one comes next (keys.js). */

document.addEventListener("keydown", (event) => {
  const list = document.activeElement?.closest("[data-rows]"); // looked for anew: live updates draw it again
  if (!list || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...list.querySelectorAll("h2 a")];
  const goes = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, Home: -links.length, End: links.length };
  const at = links.indexOf(document.activeElement);
  if (at < 0) return;
  if (event.key in goes) {
    event.preventDefault();
    links[Math.min(Math.max(at + goes[event.key], 0), links.length - 1)].focus();
  } else if (event.key === "x") {
    event.preventDefault();
    links[at].closest("li").querySelector("input[type=checkbox]")?.click();
  }
});

addEventListener("pagehide", () => {
  const rows = [...document.querySelectorAll("[data-rows] h2 a")].map((link) => link.pathname);
  if (!rows.length) return;
  try {
    sessionStorage.setItem("desk-list", JSON.stringify({ at: location.pathname + location.search, rows }));
  } catch { /* A browser may forbid to keep anything: then no one comes next. */ }
});
