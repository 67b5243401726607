/* On readers' pages: wears the embedding page's theme, leads to what happened, tells its height. */
(function () {
  "use strict";
  var root = document.documentElement;
  var framed = parent !== window;

  // The frame's name outlives a sent form and needs no storage: "comments-dark" is a dark page.
  function wear(theme) {
    if (theme !== "light" && theme !== "dark") return;
    root.dataset.theme = theme;
    window.name = "comments-" + theme;
  }

  // Height and place alone are told, and they are no secret; who may embed us is the server's
  // frame-ancestors.
  function tell(show) {
    var message = { commentsHeight: Math.ceil(root.getBoundingClientRect().height) };
    if (show) message.commentsShow = Math.round(show.getBoundingClientRect().top + scrollY);
    parent.postMessage(message, "*");
  }

  function target() {
    return location.hash && document.getElementById(location.hash.slice(1));
  }

  function ready() {
    var form = location.hash === "#form" && document.getElementById("form");
    var goal = document.getElementById("notice") || document.querySelector("[aria-invalid=true]") ||
      document.getElementById("problems");
    if (goal) goal.focus({ preventScroll: framed });
    // Going to #form takes the focus away, so it comes back one frame later.
    else if (form) requestAnimationFrame(function () { form.elements.body.focus({ preventScroll: true }); });
    if (!framed) return;
    tell(form || goal || target());
    new ResizeObserver(function () { tell(); }).observe(root);
    addEventListener("hashchange", function () { tell(target()); });
  }

  if (framed) {
    root.classList.add("framed");
    wear(window.name.replace("comments-", ""));
    addEventListener("message", function (event) {
      if (event.source !== parent || !event.data) return;
      wear(event.data.commentsTheme);
      if (/^#comment-/.test(event.data.commentsGoTo)) location.replace(event.data.commentsGoTo);
    });
  }
  document.addEventListener("DOMContentLoaded", ready);
})();
