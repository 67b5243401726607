/* Keys for the queue, the focus after a decision, and what colleagues do meanwhile. Everything here
   presses buttons that are on the page: without it the page works as plain forms. */
(function () {
  "use strict";
  var FOLLOW = 8000; // milliseconds between looks for what others did
  var main = document.getElementById("main");
  var cards = document.getElementById("cards");
  var help = document.getElementById("keys");
  var OFF = "comments-keys-off";
  var waiting = null; // where a digit chooses a reason, after r

  // Single keys can be switched off (WCAG 2.1.4): some speak to their browser, and words hold letters.
  function off() { try { return localStorage.getItem(OFF) !== null; } catch (blocked) { return false; } }

  function all() { return Array.from(main.querySelectorAll("article.card")); }

  function current() {
    var found = document.activeElement.closest && document.activeElement.closest("article.card");
    return found || all().find(isOpen) || all()[0];
  }

  function isOpen(card) { return !card.matches(".over, .busy"); }

  function go(card) {
    if (!card) return;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function step(by) {
    var list = all(), active = document.activeElement.closest("article.card");
    go(active ? list[list.indexOf(active) + by] : list[0]);
  }

  function press(form, action) {
    var button = form && form.querySelector("button[value=" + action + "]");
    if (button && !button.disabled) button.click();
  }

  function formOf(isBulk) {
    return isBulk ? document.getElementById("bulk") : current() && current().querySelector("form.decide");
  }

  function reject(isBulk) {
    var form = formOf(isBulk);
    waiting = form && form.querySelector("select[name=reason]");
    if (waiting) waiting.focus();
  }

  function chooseReason(digit) {
    var option = waiting.options[Number(digit)];
    if (!option) return;
    waiting.value = option.value;
    press(waiting.form, "reject");
    waiting = null;
  }

  function undo() {
    var undoable = Array.from(main.querySelectorAll("[data-undo]"));
    var active = document.activeElement.closest("article.card");
    var nearest = undoable.filter(function (button) { return button.closest("article") === active; });
    var last = nearest[0] || lastDecided || undoable[0];
    if (last && last.isConnected) last.click();
  }

  function tick() {
    var box = current() && current().querySelector("[name=chosen]");
    if (box) { box.checked = !box.checked; count(); }
  }

  function count() {
    var ticked = main.querySelectorAll("[name=chosen]:checked").length;
    var bulk = document.getElementById("bulk");
    if (!bulk) return;
    bulk.querySelector("[data-chosen]").textContent = ticked ? "With the " + ticked + " ticked:" : "Tick all";
    bulk.classList.toggle("some", ticked > 0);
    bulk.querySelector("[data-all]").checked = ticked > 0 && ticked === main.querySelectorAll("[name=chosen]").length;
  }

  var keys = {
    j: function () { step(1); },
    k: function () { step(-1); },
    a: function (bulk) { press(formOf(bulk), "approve"); },
    r: reject,
    s: function (bulk) { press(formOf(bulk), "spam"); },
    u: function (bulk) { press(formOf(bulk), "hold"); },
    z: undo,
    x: tick,
    v: function () {
      var cover = current() && current().querySelector("details.cover:not(.quote *)");
      if (cover) cover.open = !cover.open;
    },
    o: function () { var link = current() && current().querySelector("[data-open]"); if (link) link.click(); },
    "/": function () {
      var search = main.querySelector("[type=search]");
      if (search) { search.closest("details").open = true; search.focus(); }
    },
    "?": function () {
      if (!help) return;
      help.querySelector("[data-keys]").checked = !off();
      help.showModal();
    },
  };

  addEventListener("keydown", function (event) {
    if (off() && event.key !== "?") return;
    if (event.ctrlKey || event.altKey || event.metaKey || (help && help.open)) return;
    var inside = event.target;
    // A key that is held down must not decide about cards that nobody has read.
    if (event.repeat && !/^[jk]$/i.test(event.key)) return;
    if (waiting && inside !== waiting) waiting = null;
    if (waiting && /^[1-9]$/.test(event.key)) { event.preventDefault(); chooseReason(event.key); return; }
    if (event.key === "Escape" && waiting) { waiting = null; go(inside.closest("article.card")); return; }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(inside.tagName) && inside.type !== "checkbox") return;
    var act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(event.shiftKey && event.key !== "?");
  });

  // The focus goes on to the next open card while a decision is under way, so that the next key is
  // about that one; it comes back to a card that was undone, never to one that somebody reads on from.
  var lastDecided = null, acts = 0, followedAt = 0;

  function cardOf(event) {
    var target = event.detail.target || event.detail.elt;
    return target && target.closest && target.closest("article.card");
  }

  function nextAfter(card) {
    var list = all();
    return list.slice(list.indexOf(card) + 1).find(isOpen) || list.find(isOpen);
  }

  function say(words) { document.getElementById("said").textContent = words; }

  addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.requestConfig.verb === "get") return;
    acts += 1;
    var card = cardOf(event), isUndo = event.detail.elt.querySelector("[data-undo]");
    if (!card || isUndo) return;
    card.classList.add("busy");
    go(nextAfter(card) || card);
  });
  addEventListener("htmx:beforeSwap", function (event) {
    // What was asked for before a decision no longer tells how things stand.
    if (event.detail.requestConfig.verb === "get" && followedAt !== acts) event.detail.shouldSwap = false;
    // An answer that is no card (signed out, say) must not take the place of one.
    if (event.detail.xhr.status >= 400 && event.detail.xhr.responseText.indexOf('class="card') < 0) {
      event.detail.shouldSwap = false;
      fail(cardOf(event), "This was refused. Please reload the page.");
    }
  });

  function fail(card, words) {
    if (!card) return;
    card.classList.remove("busy");
    say(words);
    go(card);
  }

  addEventListener("htmx:afterSettle", function (event) {
    var card = event.detail.elt;
    if (!card.matches || !card.matches("article.card")) return;
    count();
    if (!isOpen(card)) lastDecided = card.querySelector("[data-undo]");
    else if (card.hasAttribute("data-undone")) go(card);
    if (document.activeElement === document.body) go(nextAfter(card) || card);
  });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach(function (name) {
    addEventListener(name, function (event) {
      fail(cardOf(event), "This decision did not arrive. Please try again.");
    });
  });

  function follow() {
    if (document.hidden || !cards) return;
    followedAt = acts;
    var shown = all().filter(isOpen).map(function (card) {
      return "shown=" + encodeURIComponent(card.id.replace("comment-", "") + "." + card.dataset.version);
    });
    var address = cards.dataset.follow;
    window.htmx.ajax("GET", address + (address.includes("?") ? "&" : "?") + shown.join("&"), { source: cards, swap: "none" });
  }

  // A comment that somebody reads for long stays theirs.
  function claim() {
    var form = document.querySelector("form[data-claim]");
    if (!form || document.hidden) return;
    fetch(form.action, { method: "POST", body: new FormData(form) })
      .then(function (answer) { return answer.ok ? answer.json() : {}; })
      .then(function (told) {
        var word = main.querySelector(".card .moved");
        if (word && told.claimed_by) word.textContent = told.claimed_by + " has it open";
      })
      .catch(function () { /* gone, or on the way to another page: the next time tells */ });
  }

  // A second click on what is on its way would make a second act.
  addEventListener("submit", function (event) {
    if (event.target.hasAttribute("hx-post")) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // A prepared explanation is read, and can be changed, before it is sent.
  function fill(choice) {
    var words = document.querySelector('[data-explanation="' + choice.value + '"]');
    var area = document.getElementById(choice.dataset.fills);
    if (area.value && area.value !== area.dataset.filled) return;
    area.value = area.dataset.filled = words ? words.textContent : "";
  }

  addEventListener("change", function (event) {
    if (event.target.matches("[data-fills]")) fill(event.target);
    if (event.target.matches("[data-keys]")) {
      try { event.target.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"); } catch (blocked) { return; }
    }
    if (event.target.matches("[data-all]")) {
      main.querySelectorAll("[name=chosen]").forEach(function (box) { box.checked = event.target.checked; });
    }
    if (event.target.matches("[data-all], [name=chosen]")) count();
  });
  document.querySelectorAll("[data-help], [data-all]").forEach(function (hidden) { hidden.hidden = false; });
  addEventListener("click", function (event) { if (event.target.closest("[data-help]")) keys["?"](); });
  count();
  if (cards && window.htmx) setInterval(follow, FOLLOW);
  claim();
  setInterval(claim, 60000);
})();
