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
const chosen = new Map();

const fields = (part) => part.querySelectorAll("input[id], select[id], textarea[id]");

const changed = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const first = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
  return Boolean(first) && field.value !== first.value;
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (part.matches?.("[data-live]") && (document.hidden || part.contains(document.activeElement))) {
    event.preventDefault();
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!part.matches?.("[data-live]")) return;
  if (part.contains(document.activeElement)) {
    event.detail.shouldSwap = false;
    return;
  }
  chosen.clear();
  for (const field of fields(part)) {
    if (changed(field)) chosen.set(field.id, field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, value] of chosen) {
    const field = document.getElementById(id);
    if (!field) continue;
    if (typeof value === "boolean") field.checked = value;
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
  }
  chosen.clear();
});
