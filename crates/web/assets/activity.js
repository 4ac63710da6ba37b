// The list of calls and meetings, kept as it is while the page is open: what is new or has changed is told by the server.
"use strict";

const feed = document.querySelector("[data-stream]");
const said = document.getElementById("feed-said");
const empty = document.getElementById("feed-empty");
const SHOWN_MAX = 50;

const put = (item) => {
  const known = document.getElementById(item.id);
  if ("gone" in item.dataset) {
    known?.remove();
    return null;
  }
  item.classList.add("fresh");
  if (!known) {
    feed.prepend(item);
    return "New";
  }
  const hadFocus = known.contains(document.activeElement);
  known.replaceWith(item);
  if (hadFocus) item.querySelector("a")?.focus();
  return "Changed";
};

const tidy = () => {
  while (feed.children.length > SHOWN_MAX) feed.lastElementChild.remove();
  empty.hidden = feed.children.length > 0;
};

const parse = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
};

// More than can be told has changed, or was missed: the whole list is read again.
const again = async () => {
  const answer = await fetch(location.href);
  if (answer.redirected || !answer.ok) {
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  feed.replaceChildren(...(page.getElementById("feed")?.children ?? []));
  tidy();
};

let wasOpen = false;
const stream = new EventSource(feed.dataset.stream);
stream.addEventListener("open", () => {
  if (wasOpen) again();
  wasOpen = true;
  feed.dataset.live = "yes";
});
stream.addEventListener("many", again);
stream.addEventListener("items", (event) => {
  for (const item of parse(event.data)) {
    const what = put(item);
    if (what) said.textContent = `${what}: ${item.querySelector("a")?.textContent}`;
  }
  tidy();
});
addEventListener("pagehide", () => stream.close());
