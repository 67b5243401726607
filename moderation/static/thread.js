/* In a thread: opens what is folded around a comment, leads to one that another page shows, and
   says when there are new ones. Everything here is a link or a page without it. */
(() => {
  "use strict";
  const SOON = 30000, LATE = 300000; // milliseconds between looks for new comments
  const ID = /^#comment-([\w-]+)$/;
  const box = () => document.getElementById("discussion");
  let pause = SOON, asked = Date.now(), timer;

  // Back to an answer to a sent form would send it anew: its address asks for the thread instead.
  function settle() {
    if (!box() || new URLSearchParams(location.search).has("article")) return;
    const address = new URL(box().dataset.whole, location);
    const parent = document.getElementById("form")?.elements.parent.value;
    if (parent) address.searchParams.set("parent", parent);
    history.replaceState(null, "", address);
  }

  function lead() {
    const [, id] = ID.exec(location.hash) || [];
    if (!id || !box()) return;
    const goal = document.getElementById("comment-" + id);
    for (let at = goal; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (goal) return focus(goal);
    // Once: where it is not shown at all, the page for it says so.
    if (new URLSearchParams(location.search).get("comment") !== id) location.replace(one(id));
  }

  function one(id) {
    const address = new URL(box().dataset.one, location);
    address.searchParams.set("comment", id);
    address.hash = "comment-" + id;
    return address;
  }

  function focus(goal) {
    goal.tabIndex = -1;
    goal.focus({ preventScroll: true });
    goal.scrollIntoView();
  }

  function wait() {
    clearTimeout(timer);
    if (!document.hidden && box()) timer = setTimeout(ask, Math.max(0, asked + pause - Date.now()));
  }

  async function ask() {
    asked = Date.now();
    pause = Math.min(pause * 1.5, LATE);
    try {
      const answer = await fetch(box().dataset.news, { credentials: "omit" });
      if (answer.ok) tell(await answer.json());
    } catch {} // the network is away: later again
    wait();
  }

  // Said once, and shown at the end as well: in a frame nothing sticks to the window's edge.
  function tell({ count, first, text }) {
    const places = [...box().querySelectorAll(".news")];
    if (!count || places[0].textContent === text) return;
    for (const place of places) {
      const button = document.createElement("button");
      button.className = "quiet";
      button.textContent = text;
      button.addEventListener("click", () => load(first).catch(() => follow(first)));
      place.replaceChildren(button);
    }
  }

  function follow(id) {
    if (!document.getElementById("body")?.value.trim()) location.assign(one(id));
  }

  // The thread anew, so that what is typed in the form stays. Where the first new one is on a later
  // page it comes with the newest first, else by itself. Where the server is busy or the network
  // away all is left as it is, the button for another click too.
  async function load(first) {
    const newest = new URL(box().dataset.whole, location);
    newest.searchParams.set("sort", "newest");
    let parts;
    for (const address of [box().dataset.whole, newest, one(first)]) {
      parts = await read(address);
      if (!parts) return;
      if (parts[1].querySelector("#comment-" + first)) break;
    }
    for (const part of parts) document.getElementById(part.id).replaceWith(part);
    document.dispatchEvent(new Event("discussion"));
    pause = SOON;
    if (document.getElementById("comment-" + first)) location.replace("#comment-" + first);
    else focus(box()); // gone again, and the page says so
    wait();
  }

  // Heading and comments of the page at this address, branches folded as they are here.
  async function read(address) {
    const answer = await fetch(address, { credentials: "omit" }).catch(() => null);
    if (!answer?.ok && answer?.status !== 404) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const opened = new Map(branches(document).map((branch) => [branch.parentElement.id, branch.open]));
    for (const branch of branches(page)) {
      branch.open = opened.get(branch.parentElement.id) ?? branch.open;
    }
    const parts = ["comments", "discussion"].map((id) => page.getElementById(id));
    if (parts.includes(null)) throw new Error("no thread");
    return parts;
  }

  function branches(page) {
    return [...page.querySelectorAll("#thread details")];
  }

  addEventListener("hashchange", lead);
  document.addEventListener("visibilitychange", wait);
  settle();
  lead();
  wait();
})();
