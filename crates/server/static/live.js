// Keeps a page as the server has it, while somebody looks at it. Without this script, everything works, and is as it was when it
// was loaded.
//
// A part of a page says in data-live what kinds of things it shows (* is any), and in data-about which one, where that is one. /live says
// what changed; the page is asked for anew, and parts that differ are replaced. A part in which somebody is busy waits.
"use strict";
(() => {
  const main = document.getElementById("main");
  const stale = document.getElementById("stale");
  const parts = () => [...main.querySelectorAll("[data-live]")];
  if (!main || !stale || !window.EventSource || parts().length === 0) return;

  // Milliseconds: between a change and the question, so much more at the most, lest all who watch ask at the same instant, and the
  // next one; until a refused stream is tried again; and until one that is silent, without a sign of life each ten seconds, is
  // taken for dead.
  const PAUSE = 500, SPREAD = 500, BETWEEN = 2000, AGAIN = 60000, SILENT = 35000;
  let source, alive, again, due, asked = 0, asking = false;
  // Something changed that the page does not show yet; a part waits until nobody is busy in it.
  let behind = false, waiting = false;
  let seen = main.dataset.seen;

  const say = (text) => { stale.textContent = text; stale.hidden = text === ""; };
  const lost = () => say(`Not up to date: no word from the server since ${new Date().toLocaleTimeString()}. Load the page anew.`);

  const concerns = (part, change) => {
    const kinds = part.dataset.live.split(" ");
    const about = part.dataset.about;
    return (change.what === null || kinds.includes("*") || change.what.some((kind) => kinds.includes(kind)))
      && (about === undefined || change.about === null || change.about.includes(about));
  };

  // Whoever writes, chooses or marks something in a part is not to lose it.
  const isBusy = (part) => {
    const at = document.activeElement;
    if (part.contains(at) && at.matches("input, select, textarea")) return true;
    const marked = window.getSelection();
    if (!marked.isCollapsed && marked.anchorNode && part.contains(marked.anchorNode)) return true;
    return [...part.querySelectorAll("input, textarea")].some((field) =>
      field.type === "radio" || field.type === "checkbox"
        ? field.checked !== field.defaultChecked
        : field.type !== "hidden" && field.value !== field.defaultValue);
  };

  const put = (old, fresh) => {
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    fresh.querySelectorAll("details").forEach((one, index) => { if (open[index]) one.open = true; });
    const reached = (part) => [...part.querySelectorAll("a[href], button, summary")];
    const index = reached(old).indexOf(document.activeElement);
    const link = index >= 0 && document.activeElement.getAttribute("href");
    old.replaceWith(fresh);
    if (index >= 0) {
      const now = reached(fresh);
      const same = now.find((one) => link && one.getAttribute("href") === link) ?? now[index] ?? main;
      same.focus({ preventScroll: true });
    }
  };

  const take = (text) => {
    const made = new DOMParser().parseFromString(text, "text/html");
    waiting = false;
    for (const old of parts()) {
      const found = made.getElementById(old.id);
      if (!found) continue;
      const fresh = document.importNode(found, true);
      // What a person opened is no difference.
      const shown = old.cloneNode(true);
      shown.querySelectorAll("details").forEach((one) => { one.open = false; });
      if (fresh.isEqualNode(shown)) continue;
      if (isBusy(old)) waiting = true; else put(old, fresh);
    }
  };

  const ask = async () => {
    due = undefined;
    if (document.hidden) return;
    if (asking) { refresh(); return; }
    asking = true;
    behind = false;
    asked = Date.now();
    try {
      const answer = await fetch(location.href, { cache: "no-store", headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) throw new Error("another page");
      take(await answer.text());
    } catch {
      behind = true;
      lost();
    }
    asking = false;
  };

  const refresh = () => {
    behind = true;
    if (due === undefined) due = setTimeout(ask, Math.max(PAUSE, asked + BETWEEN - Date.now()) + Math.random() * SPREAD);
  };

  const leave = () => {
    source?.close();
    source = undefined;
    clearTimeout(alive);
    clearTimeout(again);
  };

  const isAlive = () => {
    clearTimeout(alive);
    alive = setTimeout(() => { lost(); join(); }, SILENT);
  };

  const join = () => {
    leave();
    source = new EventSource(`/live?after=${seen}`);
    isAlive();
    source.onopen = () => { say(""); isAlive(); if (behind) refresh(); };
    source.addEventListener("beat", isAlive);
    source.addEventListener("changed", (event) => {
      isAlive();
      seen = event.lastEventId;
      const change = JSON.parse(event.data);
      if (parts().some((part) => concerns(part, change))) refresh();
    });
    source.onerror = () => {
      // It comes back by itself where the stream only ended.
      if (source?.readyState !== EventSource.CLOSED) return;
      lost();
      leave();
      again = setTimeout(join, AGAIN);
    };
  };

  // A page that nobody looks at holds no connection: browsers have six of them for one server.
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else join(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) join(); });
  main.addEventListener("focusout", () => { if (waiting) refresh(); });
  if (!document.hidden) join();
})();
