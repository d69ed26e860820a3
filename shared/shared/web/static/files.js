// What was chosen in a field of files is shown before it is sent, can be taken back, and is added to by choosing again.
// Without this script the browser's own field and the button "Add and look at them" do.

const KB = 1024, MB = 1024 * 1024;

function sizeOf(bytes, words) {
  return bytes < MB ? words.kb.replace("#", Math.ceil(bytes / KB)) : words.mb.replace("#", (bytes / MB).toFixed(1));
}

function picture(file) {
  const frame = document.createElement("span");
  frame.className = "file-picture";
  if (file.type.startsWith("image/")) {
    const image = new Image();
    image.alt = "";
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    image.addEventListener("error", () => image.remove());
    image.src = URL.createObjectURL(file);
    frame.append(image);
  }
  return frame;
}

function entry(file, words, fault, takeBack) {
  const item = document.createElement("li"), about = document.createElement("span");
  const name = document.createElement("bdi"), size = document.createElement("span");
  const remove = document.createElement("button");
  about.className = "file-words";
  name.className = "file-name";
  name.textContent = file.name;
  size.className = fault ? "file-fault" : "file-size";
  size.textContent = fault || sizeOf(file.size, words);
  about.append(name, size);
  remove.type = "button";
  remove.className = "file-remove";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `${words.remove}: ${file.name}`);
  remove.addEventListener("click", takeBack);
  item.append(picture(file), about, remove);
  return item;
}

const fields = new WeakMap();

function draw(field) {
  const words = field.dataset, list = field.querySelector("[data-chosen]"), chosen = fields.get(field);
  let place = 0;
  list.replaceChildren();
  for (const [input, files] of chosen) {
    const sent = new DataTransfer();
    for (const file of files) {
      let fault = "";
      if (file.size > Number(words.largest)) fault = words.tooLarge;
      else if (place >= Number(words.room)) fault = words.noRoom;
      if (!fault) { place += 1; sent.items.add(file); }
      const takeBack = () => { chosen.set(input, files.filter((other) => other !== file)); draw(field); input.focus(); };
      list.append(entry(file, words, fault, takeBack));
    }
    input.files = sent.files;
  }
}

// Listened for on the whole page: parts of it are drawn anew while it is open.
document.addEventListener("change", ({ target }) => {
  const field = target.type === "file" ? target.closest("[data-files]") : null;
  if (!field) return;
  if (!fields.has(field)) {
    fields.set(field, new Map([...field.querySelectorAll("input[type=file]")].map((input) => [input, []])));
  }
  const chosen = fields.get(field), sameAs = (file) => `${file.name}/${file.size}/${file.lastModified}`;
  const known = new Set([...chosen.values()].flat().map(sameAs));
  chosen.set(target, [...chosen.get(target), ...[...target.files].filter((file) => !known.has(sameAs(file)))]);
  draw(field);
});
