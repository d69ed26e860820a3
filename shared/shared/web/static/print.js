/* A button that prints: it is only there where this can run; browsers print from their menu as well. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
