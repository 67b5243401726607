/* Puts the comments of this page into <div id="comments">. No dependencies, no cookies. */
(function () {
  "use strict";
  // A page may insert the script by script: then there is no current one.
  var script = document.currentScript || document.querySelector('script[src*="/embed.js"][data-site]');
  var ANSWER_WITHIN = 5000; // milliseconds until the link is shown instead
  if (!script) return console.error("Comments: embed.js does not find its own <script data-site>.");
  var host = new URL(script.src).origin;
  var data = script.dataset;

  function articleUrl() {
    var canonical = document.querySelector('link[rel="canonical"][href]');
    try {
      return new URL(data.article || (canonical && canonical.href) || location.href, location.href).href;
    } catch (error) {
      console.error('Comments: data-article="' + data.article + '" is no address.');
      return location.href;
    }
  }

  function pageUrl() {
    var fields = new URLSearchParams({ article: articleUrl(), title: data.title || document.title });
    if (data.published) fields.set("published", data.published);
    return host + "/s/" + encodeURIComponent(data.site) + "/comments?" + fields;
  }

  // 0 is black, 1 is white; nothing for a colour that lets the one behind it show.
  function lightness(color) {
    var numbers = (color.match(/[\d.]+/g) || []).map(Number);
    if (/^rgba|\//.test(color) && numbers[numbers.length - 1] < 0.5) return undefined;
    if (/^okl/.test(color)) return numbers[0];
    if (/^l/.test(color)) return numbers[0] / 100;
    return (2 * numbers[0] + 5 * numbers[1] + numbers[2]) / (/^rgb/.test(color) ? 2040 : 8);
  }

  // The frame is see-through, so its text must suit what this page has behind it.
  function themeOf(place) {
    if (data.theme === "light" || data.theme === "dark") return data.theme;
    var light;
    for (var at = place; at && light === undefined; at = at.parentElement) {
      light = lightness(getComputedStyle(at).backgroundColor);
    }
    if (light === undefined) {
      var probe = document.createElement("i");
      probe.style.backgroundColor = "Canvas";
      place.append(probe);
      light = lightness(getComputedStyle(probe).backgroundColor);
      probe.remove();
    }
    return light < 0.5 ? "dark" : "light";
  }

  function showLink(place) {
    var link = document.createElement("a");
    link.href = pageUrl();
    link.textContent = "Read and write comments";
    place.replaceChildren(link);
    console.error(
      "Comments: " + host + " did not answer within 5 seconds. Is it running, and is " + location.origin +
      " one of the origins of the site \"" + data.site + "\" (frame-ancestors)? See: flask --app wsgi site list"
    );
  }

  // Scrolls only where the reader would not see it.
  function show(top) {
    if (top < 0 || top > innerHeight * 0.8) scrollBy(0, top - innerHeight / 5);
  }

  function deepLink() {
    return /^#comment-[\w-]+$/.test(location.hash) ? location.hash : "";
  }

  function mount() {
    var place = document.getElementById("comments");
    if (!place) return console.error('Comments: this page has no <div id="comments">.');
    if (!data.site) return console.error("Comments: the script has no data-site.");
    var theme = themeOf(place);
    var frame = document.createElement("iframe");
    frame.name = "comments-" + theme;
    frame.title = "Comments";
    frame.src = pageUrl() + deepLink();
    frame.style.cssText = "display:block;width:100%;border:0;height:480px;color-scheme:" + theme;
    var late = setTimeout(function () { showLink(place); }, ANSWER_WITHIN);
    addEventListener("message", function (event) {
      if (event.origin !== host || event.source !== frame.contentWindow || !event.data) return;
      var height = event.data.commentsHeight;
      if (typeof height !== "number") return;
      clearTimeout(late);
      if (height > 0) frame.style.height = Math.ceil(height) + "px"; // 0 while it is hidden
      var top = event.data.commentsShow;
      if (typeof top === "number") show(frame.getBoundingClientRect().top + top);
    });
    function tell(message) {
      if (frame.contentWindow) frame.contentWindow.postMessage(message, host);
    }
    addEventListener("hashchange", function () { tell({ commentsGoTo: deepLink() }); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
      theme = frame.style.colorScheme = themeOf(place);
      tell({ commentsTheme: theme });
    });
    place.replaceChildren(frame);
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", mount);
  else mount();
})();
