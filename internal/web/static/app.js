// What pages do beside htmx: few things, each without which the page still works.
"use strict";

// A link that was mailed has its token behind #, which browsers send to no
// server; the form that needs it takes it from there.
document.querySelectorAll("input[data-token]").forEach((input) => {
  if (location.hash.length > 1) {
    input.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    if (input.dataset.token === "send") input.form.requestSubmit();
  }
});

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.querySelector("[data-done]").textContent = copy.dataset.copied;
    });
  }
});

// A box in the head of a table checks all boxes of its column.
document.addEventListener("change", (event) => {
  const all = event.target.closest("input[data-all]");
  if (all) {
    all.closest("table").querySelectorAll("tbody input[type=checkbox]").forEach((box) => { box.checked = all.checked; });
  }
  const chosen = event.target.form?.querySelector("[data-chosen]");
  if (chosen) {
    const n = chosen.closest("form").querySelectorAll("tbody input[type=checkbox]:checked").length;
    chosen.textContent = chosen.dataset.chosen.replace("{n}", n);
    chosen.hidden = n === 0;
  }
  const auto = event.target.closest("[data-submit]");
  if (auto) auto.form.requestSubmit();
});

// Files may be dropped onto what says so, instead of being chosen.
document.querySelectorAll("[data-drop]").forEach((zone) => {
  const input = zone.querySelector("input[type=file]");
  const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    input.files = event.dataTransfer.files;
    if (input.files.length) input.form.requestSubmit();
  });
});

// On phones the rows of tables stand one below the other, and each cell says itself
// what the head of its column says.
const label = (root) => root.querySelectorAll(".table > table").forEach((table) => {
  const heads = [...table.querySelectorAll("thead tr > *")].map((head) => head.querySelector("input, .hidden-label") ? "" : head.textContent.trim());
  table.querySelectorAll("tbody tr").forEach((row) => [...row.children].forEach((cell, i) => {
    if (heads[i]) cell.dataset.label = heads[i].charAt(0).toUpperCase() + heads[i].slice(1);
  }));
});
label(document);
document.addEventListener("htmx:load", (event) => label(event.target));

// Lists whose order counts: their items move up and down.
document.addEventListener("click", (event) => {
  const move = event.target.closest("[data-up], [data-down]");
  if (!move) return;
  const item = move.closest("li");
  const other = "up" in move.dataset ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if ("up" in move.dataset) other.before(item); else other.after(item);
  const all = item.closest("form").querySelector("input[name=all_columns]");
  if (all) all.checked = false;
  move.focus();
});

// Whoever chooses single columns does not want all of them.
document.addEventListener("change", (event) => {
  if (event.target.name === "column" && event.target.form.all_columns) event.target.form.all_columns.checked = false;
});

// Conditions are built anew by the server whenever an attribute is chosen. What was typed
// into others meanwhile is not in its answer: it is put back, and looked at once more.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const sent = requestConfig.formData;
  if (target.id !== "builder" || (sent.get("do") || "").startsWith("remove")) return; // other rows have their names then
  const late = [...target.querySelectorAll("input[id], select[id], textarea[id]")].filter((e) => sent.has(e.name) && sent.get(e.name) !== e.value);
  document.addEventListener("htmx:afterSettle", () => late.forEach(({ id, value }) => {
    const input = document.getElementById(id);
    if (!input) return;
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }), { once: true });
});

// A form that takes a while is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

// On wide screens the menu is always open.
const wide = matchMedia("(min-width: 60rem)");
const openMenu = () => { const menu = document.querySelector("details.menu"); if (menu) menu.open = wide.matches; };
wide.addEventListener("change", openMenu);
openMenu();
