/* Inside the frame: tells the embedding page how high the comments are, and leads to the notice. */
(function () {
  "use strict";
  var notice = document.getElementById("notice");
  if (notice) notice.focus({ preventScroll: true });
  if (parent === window) return;

  // The height alone is told, and it is no secret; who may embed us is the server's frame-ancestors.
  function tellHeight() {
    parent.postMessage({ commentsHeight: document.documentElement.offsetHeight }, "*");
  }
  new ResizeObserver(tellHeight).observe(document.documentElement);
  tellHeight();
})();
