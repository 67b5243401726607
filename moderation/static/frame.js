/* On readers' pages: wears the embedding page's theme, leads to what happened, tells its height. */
(() => {
  "use strict";
  const root = document.documentElement;
  const framed = parent !== window;
  const { origins } = document.currentScript.dataset; // of the pages that may embed this one
  // The frame's name outlives a sent form and needs no storage: "comments-dark https://host".
  const [, worn, named] = /^comments-(.+) (\S+)$/.exec(window.name) || [];
  const embedder = location.ancestorOrigins?.[0] || named;
  const host = origins.split(" ").includes(embedder) ? embedder : null; // whoever wrote that name

  // "solid" as well where what is behind is of a tone on which neither can be read.
  function wear(theme) {
    if (!/^(light|dark)( solid)?$/.test(theme)) return;
    root.dataset.theme = theme;
    window.name = `comments-${theme} ${host}`;
  }

  // Height and place alone are told.
  function tell(place) {
    if (!host) return;
    const height = Math.ceil(root.getBoundingClientRect().height);
    parent.postMessage({ commentsHeight: height, ...place }, host);
  }

  function lead(goal) {
    tell(goal && { commentsShow: Math.round(goal.getBoundingClientRect().top + scrollY) });
  }

  function target() {
    return document.getElementById(location.hash.slice(1));
  }

  function ready() {
    const form = location.hash === "#form" && document.getElementById("form");
    const goal = document.getElementById("notice") || document.querySelector("[aria-invalid=true]") ||
      document.getElementById("problems");
    if (goal) goal.focus({ preventScroll: framed });
    // Going to #form takes the focus away, so it comes back one frame later.
    else if (form) requestAnimationFrame(() => form.elements.body.focus({ preventScroll: true }));
    if (!framed) return;
    lead(form || goal || target());
    new ResizeObserver(() => tell()).observe(root);
    addEventListener("hashchange", () => lead(target()));
    // reply.js has put the form below a comment, or back.
    document.addEventListener("reply", () => lead(document.querySelector(".thread #form")));
  }

  if (framed) {
    root.classList.add("framed");
    wear(worn);
    addEventListener("message", ({ origin, source, data }) => {
      if (!host || origin !== host || source !== parent || !data) return;
      tell(); // we are here
      wear(data.commentsTheme);
      if (/^#comment-/.test(data.commentsGoTo)) location.replace(data.commentsGoTo);
    });
  }
  document.addEventListener("DOMContentLoaded", ready);
})();
