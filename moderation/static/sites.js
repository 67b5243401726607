/* On the owner's page of a site: copies the snippet, has the preview wear what is typed, leads to what was done. */
(function () {
  "use strict";

  function copying(button) {
    var text = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", function () {
      text.select();
      // Without https there is no clipboard: then the text is selected for Ctrl+C.
      if (navigator.clipboard) navigator.clipboard.writeText(text.value).then(function () {
        button.textContent = button.dataset.done;
      });
    });
  }

  // A colour to pick beside the one to type; an empty one shows what is used instead.
  function picking(field, changed) {
    var pick = document.createElement("input"), place = document.createElement("span");
    pick.type = "color";
    pick.setAttribute("aria-label", "Pick: " + field.labels[0].textContent.trim());
    function follow() {
      pick.value = /^#[0-9a-f]{6}$/i.test(field.value) ? field.value : field.placeholder;
    }
    follow();
    field.addEventListener("input", follow);
    pick.addEventListener("input", function () { field.value = pick.value; changed(); });
    place.className = "pick";
    field.replaceWith(place);
    place.append(field, pick);
  }

  // As high as its page: two borders besides.
  function fit(frame) {
    var root = frame.contentDocument && frame.contentDocument.documentElement;
    if (!root || !root.querySelector("[data-preview]")) return;
    new frame.contentWindow.ResizeObserver(function () {
      frame.style.blockSize = Math.ceil(root.getBoundingClientRect().height) + 2 + "px";
    }).observe(root);
  }

  function wearing(form) {
    var frames = document.querySelectorAll(".previews iframe"), waiting;
    function wear() {
      var query = new URLSearchParams();
      new FormData(form).forEach(function (value, name) {
        if (value && !/csrf_token|seen$/.test(name)) query.set(name.replace(/^looks-/, ""), value);
      });
      frames.forEach(function (frame) {
        var sheet = frame.contentDocument && frame.contentDocument.querySelector("[data-preview]");
        query.set("scheme", frame.dataset.scheme);
        if (sheet) sheet.href = form.dataset.looks + "?" + query;
      });
    }
    function soon() { clearTimeout(waiting); waiting = setTimeout(wear, 150); }
    form.addEventListener("input", soon);
    form.querySelectorAll("[data-colour]").forEach(function (field) { picking(field, soon); });
    frames.forEach(function (frame) {
      frame.addEventListener("load", function () { fit(frame); wear(); });
      fit(frame);
    });
  }

  // Browsers go to the fragment instead, and take the focus away: it comes back one frame later.
  function focusing() {
    var told = location.hash && document.querySelector("[autofocus]");
    if (told) requestAnimationFrame(function () { told.focus({ preventScroll: true }); });
  }

  document.addEventListener("DOMContentLoaded", focusing);
  document.querySelectorAll("[data-copy]").forEach(copying);
  document.querySelectorAll("[data-looks]").forEach(wearing);
})();
