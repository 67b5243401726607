/* The form of readers: one click sends once, a text outlives a reload, an old form still works. */
(() => {
  "use strict";
  const form = document.getElementById("form");
  if (!form) return;
  const DRAFTS_FOR = 7 * 86_400_000; // milliseconds
  const TOKEN_FRESH_FOR = 600_000;
  const ANSWERS_WITHIN = 10_000; // else the line hangs
  const FREE_AFTER = 20_000; // the server knows a form that comes twice
  const { article, body, csrf_token: token, name, parent } = form.elements;
  const page = `draft ${new URL(form.action).pathname} ${article.value} `; // the thread's draft
  let key = page + parent.value; // a reply's has the comment's id behind
  let lent; // a reply that began with the thread's draft
  let shownAt = Date.now();
  let sending = false;
  let reached = false;
  let touched = false;
  let saving;

  // Browsers may forbid storage, or have it full.
  function attempt(act) {
    try {
      return act(localStorage);
    } catch {
      return null;
    }
  }

  // The email stays out: the next person at a shared computer must not find it.
  function save() {
    clearTimeout(saving);
    const draft = { at: Date.now(), name: name.value, body: body.value, sent: sending, lent };
    attempt((store) => body.value.trim() ? store.setItem(key, JSON.stringify(draft)) : store.removeItem(key));
    if (lent && sending) attempt((store) => store.removeItem(page)); // it goes as the reply
  }

  function tidy(store) {
    const received = document.querySelector("#notice[data-received]");
    for (const found of Object.keys(store)) {
      if (!found.startsWith("draft ")) continue;
      const { at, sent } = JSON.parse(store[found]);
      const isDone = received && sent && found.startsWith(page);
      if (isDone || Date.now() - at > DRAFTS_FOR) store.removeItem(found);
    }
  }

  function restore(store) {
    const found = store[key] || store[page];
    if (body.value || !found) return;
    const draft = JSON.parse(found);
    lent = !store[key] || draft.lent;
    body.value = draft.body;
    name.value ||= draft.name;
  }

  // What is typed is to answer another comment (`detail` is its id), or none: its draft goes along.
  // Where an answer to that was begun before, this one waits here instead.
  function move({ detail }) {
    const goal = page + detail;
    if (body.value.trim() && attempt((store) => store[goal])) {
      save();
      body.value = "";
    } else {
      attempt((store) => store.removeItem(key));
    }
    key = goal;
    lent = false;
    attempt(restore);
    save();
  }

  // Whether the server can be reached: where nothing may be stored, a form sent in vain is lost.
  // A token is kept as long as it works, so that the same form sent again is the same comment.
  async function knock() {
    try {
      const address = new URL(form.dataset.token, location);
      address.searchParams.set("article", article.value);
      const signal = AbortSignal.timeout?.(ANSWERS_WITHIN); // browsers of before 2023 have none
      const answer = await fetch(address, { headers: { "X-Form-Token": token.value }, signal });
      if (answer.ok && Date.now() - shownAt > TOKEN_FRESH_FOR) {
        token.value = (await answer.json()).csrf_token;
        shownAt = Date.now();
      }
      return true;
    } catch {
      return false;
    }
  }

  function free() {
    sending = false;
    form.removeAttribute("aria-busy");
  }

  async function send(event) {
    if (reached) {
      reached = false; // this one goes
      return;
    }
    event.preventDefault();
    if (sending) return;
    sending = true;
    save();
    form.setAttribute("aria-busy", "true");
    reached = await knock();
    document.getElementById("offline").hidden = reached;
    if (!reached) return free();
    setTimeout(free, FREE_AFTER);
    form.requestSubmit(event.submitter);
  }

  attempt(tidy);
  attempt(restore);
  form.addEventListener("submit", send);
  form.addEventListener("input", () => {
    touched = true;
    clearTimeout(saving);
    saving = setTimeout(save, 300);
  });
  document.addEventListener("reply", move);
  addEventListener("pagehide", () => touched && save());
  addEventListener("pageshow", free);
})();
