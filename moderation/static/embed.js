/* Shows the comments of an article in this page, without cookies: docs/embedding.md. */
(() => {
  "use strict";
  const TITLES = {
    en: "Comments", de: "Kommentare", fr: "Commentaires", es: "Comentarios", pt: "Comentários",
    it: "Commenti", pl: "Komentarze", tr: "Yorumlar", ru: "Комментарии", ar: "التعليقات",
    fa: "دیدگاه‌ها", he: "תגובות",
  };
  const CHOICES = { theme: ["auto", "light", "dark"], lang: Object.keys(TITLES) };
  const ANSWER_WITHIN = 5000; // milliseconds, then there is a link
  const BATCH = 50; // articles asked about at once
  const script = document.currentScript || document.querySelector('script[src*="/embed.js"]');
  const host = new URL(script.src).origin;
  let heights = {};
  try {
    heights = sessionStorage;
  } catch {} // storage is blocked

  const complain = (text) => console.error("Comments: " + text);
  const language = (tag) => tag?.toLowerCase().split("-")[0];
  const siteUrl = (site, path, query) =>
    `${host}/s/${encodeURIComponent(site)}/${path}?${new URLSearchParams(query)}`;

  function addressOf(article) {
    const canonical = document.querySelector("link[rel=canonical]")?.href;
    try {
      return new URL(article || canonical || location, location).href;
    } catch {
      complain(`data-article="${article}" is no address.`);
      return location.href;
    }
  }

  // What is behind the frame, which is see-through where the tones of base.css can be read.
  function themeBehind(place) {
    const probe = document.createElement("i");
    place.append(probe);
    for (let at = place; ; at = at.parentElement) {
      const color = at ? getComputedStyle(at).backgroundColor : "Canvas";
      probe.style.color = `color-mix(in oklab, ${color}, ${color})`;
      const [light, , , alpha = 1] = getComputedStyle(probe).color.match(/\d[\d.e-]*/g);
      if (at && alpha < 0.5) continue;
      probe.remove();
      return (light < 0.6 ? "dark" : "light") + (light > 0.37 && light < 0.9 ? " solid" : "");
    }
  }

  function mount(place, given) {
    unmount(place);
    const options = { ...script.dataset, ...place.dataset, ...given };
    options.lang = language(options.lang);
    for (const name in CHOICES) {
      if (!options[name] || CHOICES[name].includes(options[name])) continue;
      complain(`data-${name}="${options[name]}" is none of ${CHOICES[name]}.`);
      delete options[name];
    }
    const { site, title = document.title, published = "", lang = "" } = options;
    if (!site) return complain("the script has no data-site.");
    const article = addressOf(options.article);
    const page = siteUrl(site, "comments", { article, title, published, lang });
    const memory = "comments " + article;
    const frame = document.createElement("iframe");
    const link = document.createElement("a");
    const ending = new AbortController();
    const { signal } = ending;
    let answered, late;

    // A whole window at first, so that nothing in sight moves later.
    const reserved = (heights[memory] || innerHeight) + "px";
    place.style.minHeight = reserved;

    const theme = () => (/light|dark/.test(options.theme) ? options.theme : themeBehind(place));
    const deepLink = () =>
      options.comments == null && location.hash.startsWith("#comment-") ? location.hash : "";
    const tell = (message) => answered && frame.contentWindow?.postMessage(message, host);

    function load() {
      watcher.disconnect();
      if (frame.src) return;
      const worn = theme();
      frame.name = `comments-${worn} ${location.origin}`;
      frame.title = TITLES[lang || language(document.documentElement.lang)] || TITLES.en;
      frame.src = page + deepLink();
      frame.style.cssText = `display:block;width:100%;border:0;height:${reserved};color-scheme:${worn}`;
      frame.onload = wait;
      place.replaceChildren(frame);
      wait();
    }

    // What has loaded may be the browser's own page about an error.
    function wait() {
      clearTimeout(late);
      late = setTimeout(fail, ANSWER_WITHIN);
      tell({});
    }

    function fail() {
      if (answered) return mount(place, given); // once more
      frame.style.height = 0;
      link.href = page;
      link.textContent = frame.title;
      place.append(link);
      complain(
        `no answer from ${host} in 5 seconds. ` +
        `Is ${location.origin} an origin of the site "${site}" (frame-ancestors)?`,
      );
    }

    function hear({ origin, source, data }) {
      if (origin !== host || source !== frame.contentWindow) return;
      const { commentsHeight: height, commentsShow } = data || {};
      if (typeof height !== "number") return;
      clearTimeout(late);
      answered = true;
      link.remove();
      if (height > 0) frame.style.height = height + "px"; // 0 while it is hidden
      const { top, bottom } = frame.getBoundingClientRect();
      const goal = top + commentsShow;
      if (goal < 0 || goal > innerHeight * 0.8) scrollBy(0, goal - innerHeight / 5);
      // What stands below comes up only where nobody sees it move.
      if (bottom >= innerHeight) place.style.minHeight = "";
      if (height > 0) heights[memory] = height;
    }

    function follow() {
      if (location.hash === "#comments") load();
      if (!deepLink()) return;
      load();
      frame.focus({ preventScroll: true }); // Tab goes on there
      tell({ commentsGoTo: deepLink() });
    }

    const watcher = new IntersectionObserver(
      (seen) => seen.at(-1).isIntersecting && load(),
      { rootMargin: "100%" },
    );
    place.unmountComments = () => {
      watcher.disconnect();
      ending.abort();
      clearTimeout(late);
      place.replaceChildren();
      place.style.minHeight = "";
    };
    addEventListener("message", hear, { signal });
    addEventListener("hashchange", follow, { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      tell({ commentsTheme: frame.style.colorScheme = theme() });
    }, { signal });
    watcher.observe(place);
    follow();
  }

  const unmount = (place) => place.unmountComments?.();

  // Writes numbers of comments.
  async function count(site = script.dataset.site) {
    const all = [...document.querySelectorAll("[data-comments-count]")];
    for (let at = 0; at < all.length; at += BATCH) {
      const part = all.slice(at, at + BATCH);
      const asked = part.map((one) => ["article", addressOf(one.dataset.commentsCount || one.href)]);
      const numbers = await (await fetch(siteUrl(site, "counts.json", asked))).json();
      part.forEach((one, n) => {
        const number = numbers[asked[n][1]];
        if (number >= 0) one.textContent = number.toLocaleString(document.documentElement.lang || []);
      });
    }
  }

  function start() {
    const places = document.querySelectorAll("#comments, [data-comments], [data-comments-count]");
    const { site } = script.dataset;
    if (site && !places.length) complain('this page has no <div id="comments">.');
    for (const place of places) if (!("commentsCount" in place.dataset)) mount(place);
    if (site) count();
  }

  window.Comments = { mount, unmount, count };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
