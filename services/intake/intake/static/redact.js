// Rectangles to paint over are drawn on the photo. Without this script the four numbers of each do, and do here as well:
// they are what is sent. What they say is shown over the photo while they are typed.

const DIGIT = /[\u0660-\u0669\u06F0-\u06F9]/g;  // of Arabic and Persian keyboards: their last four bits are the number
const frame = document.querySelector("[data-redact]");
const form = document.getElementById("photo-form");
if (frame && form) begin(frame, form);

function begin(photo, fields) {
  const rows = fields.querySelector("[data-rectangles]"), blank = fields.querySelector("[data-row]");
  const said = document.querySelector("[data-drawn]"), boxes = new Map();
  const SIDES = ["left", "top", "width", "height"], SMALLEST = 0.5;
  let from = null, drawn = null;

  const all = () => [...rows.querySelectorAll("[data-rectangle]")];
  const input = (row, side) => row.querySelector(`[data-side=${side}]`);
  const number = (row, side) => Number(input(row, side).value.replace(DIGIT, (digit) => digit.codePointAt(0) & 15).replace(/[,٫]/, "."));
  const isOpen = (row) => SIDES.every((side) => input(row, side).value.trim() === "");

  function box(className) {
    const made = document.createElement("span");
    made.className = `redact-box ${className}`;
    photo.append(made);
    return made;
  }

  function place(element, left, top, width, height) {
    // In this way the policy allows it: it forbids styles that stand in the page's text.
    const right = Math.min(100, left + width), bottom = Math.min(100, top + height);
    element.style.left = `${left}%`;
    element.style.top = `${top}%`;
    element.style.width = `${Math.max(0, right - left)}%`;
    element.style.height = `${Math.max(0, bottom - top)}%`;
  }

  function show(row) {
    const values = SIDES.map((side) => number(row, side));
    const isWhole = !isOpen(row) && values.every((value) => value >= 0 && value <= 100) && values[2] > 0 && values[3] > 0;
    if (!isWhole) {
      boxes.get(row)?.remove();
      boxes.delete(row);
      return;
    }
    if (!boxes.has(row)) boxes.set(row, box(""));
    place(boxes.get(row), ...values);
  }

  function openRow() {
    const found = all().find(isOpen);
    if (found) return found;
    if (all().length >= Number(photo.dataset.most)) return null;
    rows.insertAdjacentHTML("beforeend", blank.innerHTML.replaceAll("__n__", all().length + 1));
    return all().at(-1);
  }

  function at({ clientX, clientY }) {
    const edge = photo.getBoundingClientRect();
    const part = (where, whole) => Math.min(100, Math.max(0, (100 * where) / whole));
    return [part(clientX - edge.left, edge.width), part(clientY - edge.top, edge.height)];
  }

  function between([x, y], [u, v]) {
    return [Math.min(x, u), Math.min(y, v), Math.abs(x - u), Math.abs(y - v)];
  }

  function end() {
    drawn?.remove();
    from = drawn = null;
  }

  photo.classList.add("redact-draws");
  document.querySelector("[data-drawing]").hidden = false;
  photo.addEventListener("pointerdown", (press) => {
    if (press.button !== 0 || !press.isPrimary) return;
    press.preventDefault();
    photo.setPointerCapture(press.pointerId);
    from = at(press);
    drawn = box("redact-drawn");
  });
  photo.addEventListener("pointermove", (move) => { if (from) place(drawn, ...between(from, at(move))); });
  photo.addEventListener("pointercancel", end);
  photo.addEventListener("pointerup", (up) => {
    if (!from) return;
    const rectangle = between(from, at(up));
    end();
    const row = rectangle[2] >= SMALLEST && rectangle[3] >= SMALLEST ? openRow() : null;
    if (!row) return;
    SIDES.forEach((side, place) => { input(row, side).value = rectangle[place].toFixed(1); });
    show(row);
    said.textContent = said.dataset.words;
  });
  rows.addEventListener("input", ({ target }) => show(target.closest("[data-rectangle]")));
  all().forEach(show);
}
