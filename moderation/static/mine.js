/* Keeps the private links of this browser, shows its reader what waits, and has the form bring one
   along. Where nothing may be stored, nothing is. */
(() => {
  "use strict";
  const NEWEST = 50, KEPT_FOR = 30 * 86_400_000; // milliseconds
  const data = document.currentScript.dataset;
  const key = `mine ${data.site}`;

  // Pairs of a link's token and when it was made, the newest first.
  function read() {
    try {
      return JSON.parse(localStorage[key]).filter(([, at]) => Date.now() - at < KEPT_FOR);
    } catch {
      return [];
    }
  }

  function keep(links) {
    try {
      if (links.length) localStorage[key] = JSON.stringify(links);
      else delete localStorage[key];
    } catch {} // not allowed here
  }

  const find = (id) => document.getElementById("comment-" + id);

  // Where the answers to a comment stand, or the whole thread; made where there are none yet.
  function listIn(entry) {
    let box = entry ? entry.querySelector(":scope > .branch") : document.getElementById("discussion");
    if (entry && box) box.open = true;
    let list = box?.querySelector("ol");
    if (list) return list;
    list = document.createElement("ol");
    if (entry) {
      box = document.createElement("div");
      box.className = "branch";
      entry.append(box);
    } else {
      list.className = list.id = "thread";
      list.setAttribute("aria-labelledby", "comments");
      box.querySelector(".empty")?.remove();
    }
    box.insertBefore(list, box.querySelector(".foot"));
    return list;
  }

  // Where others answered it, in the place that is kept; else behind all that answers the same
  // comment, a topmost one where new ones come. In `html` the server escaped all that was typed.
  function put({ id, above, level, html }) {
    const there = find(id)?.querySelector(":scope > article");
    if (there?.matches(".placeholder")) there.outerHTML = html;
    if (there) return;
    const entry = document.createElement("li");
    entry.id = "comment-" + id;
    entry.className = "level-" + level;
    entry.innerHTML = html;
    const list = listIn(above.map(find).find(Boolean));
    if (list.closest("[data-newest]") && !above.length) list.prepend(entry);
    else list.append(entry);
  }

  function mark({ id, html }) {
    const place = find(id)?.querySelector(":scope > article footer");
    if (place && !place.querySelector(".own")) place.insertAdjacentHTML("beforeend", html);
  }

  function show(links, { gone, known, waiting, published }) {
    keep(links.filter((_, at) => !gone.includes(at)));
    const field = document.getElementById("form")?.elements.mine;
    if (field && known !== null) field.value = links[known][0];
    published.forEach(mark);
    waiting.forEach(put);
  }

  async function ask(links) {
    if (!links.length) return;
    const fields = new URLSearchParams({ article: data.article });
    for (const [token] of links) fields.append("token", token);
    try {
      const answer = await fetch(data.mine, { method: "POST", body: fields, credentials: "omit" });
      if (answer.ok) show(links, await answer.json());
    } catch {} // the network is away: with the next page
  }

  function note() {
    const made = document.querySelector("[data-private]")?.dataset.private;
    const links = read().filter(([token]) => token !== made);
    if (made) links.unshift([made, Date.now()]);
    keep(links.slice(0, NEWEST));
    return links.slice(0, NEWEST);
  }

  ask(note());
  document.addEventListener("discussion", () => ask(read())); // thread.js has put it there anew
})();
