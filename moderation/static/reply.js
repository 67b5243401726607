/* Answers a comment right below it, with the form of the page and what is typed in it. Without this
   the link leads to a page with the form for the answer. */
(() => {
  "use strict";
  const form = document.getElementById("form");
  if (!form) return;
  const { body, parent } = form.elements;
  const title = document.getElementById("form-title");
  const quote = form.querySelector(".quote");
  const cancel = document.getElementById("cancel");
  // As the page came: there may be a comment already that it answers.
  const home = { id: parent.value, words: [...title.childNodes], isReply: !cancel.hidden };
  // Where the form stood; leads back.
  const gap = document.createElement("div");
  let answered, address;

  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const isSending = () => form.matches("[aria-busy]"); // to whom it answers is settled then
  const find = (id) => document.querySelector(`#comment-${id} > article`);

  // "Reply to NAME", of which the link shows the first word.
  function words(link) {
    const copy = link.cloneNode(true);
    for (const part of copy.querySelectorAll(".hidden")) part.replaceWith(...part.childNodes);
    return [...copy.childNodes];
  }

  function fill(id, heading) {
    parent.value = id;
    title.replaceChildren(...heading);
    cancel.hidden = !answered && !home.isReply;
    if (quote) quote.hidden = Boolean(answered);
    place();
    document.dispatchEvent(new CustomEvent("reply", { detail: id })); // for the draft, and the frame
  }

  // Below its comment; where that is not shown (any more), at home. What cannot be scrolled back
  // stays empty: in a frame all of it, for there the page around scrolls.
  function place() {
    const goal = answered && find(answered);
    if (gap.hidden) gap.style.minBlockSize = Math.max(0, form.offsetHeight - scrollY) + "px";
    (goal || gap).after(form);
    gap.hidden = !goal;
  }

  // What is looked at stays where it is on the screen.
  function hold(seen, change) {
    const before = seen.getBoundingClientRect().top;
    change();
    scrollBy(0, seen.getBoundingClientRect().top - before);
  }

  function start(link) {
    if (!answered) address = location.href;
    answered = link.closest("li").id.slice("comment-".length);
    hold(link, () => fill(answered, words(link)));
    const here = new URL(location); // a reload shows the reply, too
    here.searchParams.set("parent", answered);
    here.hash = "form";
    history.replaceState(null, "", here);
    // In a frame frame.js leads to it.
    body.focus({ preventScroll: document.documentElement.matches(".framed") });
  }

  function stop() {
    answered = "";
    fill(home.id, home.words);
    history.replaceState(null, "", address);
  }

  function backToLink() {
    const link = find(answered)?.querySelector(".reply");
    if (!link) return stop();
    hold(link, stop);
    link.focus({ preventScroll: true });
  }

  function backHome() {
    stop();
    body.focus({ preventScroll: true });
  }

  function click(event) {
    const link = event.target.closest("#discussion a.reply");
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    if (!isSending()) start(link);
  }

  function back(event) {
    if (answered) {
      event.preventDefault();
      if (!isSending()) backToLink();
    } else if (isPlain(event)) {
      document.dispatchEvent(new CustomEvent("reply", { detail: "" })); // the thread's draft now
    }
  }

  const button = document.createElement("button");
  button.className = "quiet";
  button.append(...home.words.map((word) => word.cloneNode(true)));
  button.addEventListener("click", backHome);
  gap.className = "gap";
  gap.hidden = true;
  gap.append(button);
  form.before(gap);
  document.addEventListener("click", click);
  cancel.addEventListener("click", back);
  form.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && answered && !body.value.trim() && !isSending()) backToLink();
  });
  document.addEventListener("discussion", () => answered && place()); // thread.js has put it anew
})();
