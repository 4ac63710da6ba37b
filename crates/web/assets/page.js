// What pages do beyond what forms and links can: copying, and lists that are refreshed while somebody works in them.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
});

// Buttons that need this file are shown by it.
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

// A part that is refreshed waits while somebody works in it, and keeps what they have chosen or typed.
const WORKING = 20_000;
let touched = 0;
for (const kind of ["keydown", "pointerdown", "input"]) {
  document.addEventListener(kind, () => (touched = Date.now()), true);
}
const isWorkedIn = (part) => part.contains(document.activeElement) && Date.now() - touched < WORKING;

const kept = new Map();
let focused = "";

const isTick = (field) => field.type === "checkbox" || field.type === "radio";

const changed = (field) => {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const first = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
  return Boolean(first) && field.value !== first.value;
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (part.matches?.("[data-live]") && (document.hidden || isWorkedIn(part))) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!part.matches?.("[data-live]")) return;
  if (isWorkedIn(part)) {
    event.detail.shouldSwap = false;
    return;
  }
  kept.clear();
  focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  for (const field of part.querySelectorAll("input[id], select[id], textarea[id]")) {
    if (changed(field)) kept.set(field.id, isTick(field) ? field.checked : field.value);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, value] of kept) {
    const field = document.getElementById(id);
    if (!field) continue;
    if (typeof value === "boolean") field.checked = value;
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
  }
  kept.clear();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  focused = "";
});

// Whoever comes back to a page sees it as it is now.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "refresh");
});
