/* Puts the comments of this page into <div id="comments">. No dependencies, no cookies. */
(function () {
  "use strict";
  var script = document.currentScript;
  var host = new URL(script.src).origin;
  var data = script.dataset;
  var ANSWER_WITHIN = 5000; // milliseconds until the link is shown instead

  function articleUrl() {
    var canonical = document.querySelector('link[rel="canonical"]');
    return new URL(data.article || (canonical && canonical.href) || location.href, location.href).href;
  }

  function pageUrl() {
    var fields = new URLSearchParams({ article: articleUrl(), title: data.title || document.title });
    if (data.published) fields.set("published", data.published);
    return host + "/s/" + encodeURIComponent(data.site || "") + "/comments?" + fields;
  }

  function showLink(place, frame) {
    var link = document.createElement("a");
    link.href = pageUrl();
    link.textContent = "Read and write comments";
    place.replaceChildren(link);
    console.error(
      "Comments: " + host + " did not answer within 5 seconds. Is it running, and is " + location.origin +
      " one of the origins of the site \"" + data.site + "\"? (flask --app wsgi site list)"
    );
  }

  function mount() {
    var place = document.getElementById("comments");
    if (!place) return console.error('Comments: this page has no <div id="comments">.');
    if (!data.site) return console.error("Comments: the script has no data-site.");
    var frame = document.createElement("iframe");
    frame.src = pageUrl();
    frame.title = "Comments";
    frame.style.cssText = "width:100%;border:0;height:480px;color-scheme:normal";
    var late = setTimeout(function () { showLink(place, frame); }, ANSWER_WITHIN);
    addEventListener("message", function (event) {
      if (event.origin !== host || event.source !== frame.contentWindow) return;
      var height = event.data && event.data.commentsHeight;
      if (typeof height !== "number" || !(height > 0)) return;
      clearTimeout(late);
      frame.style.height = Math.ceil(height) + "px";
    });
    place.replaceChildren(frame);
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", mount);
  else mount();
})();
