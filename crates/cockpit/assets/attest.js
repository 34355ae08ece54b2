// Makes pages nicer that work without it: nothing here is the only way to anything.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  // Forms: go to the errors first, show a password on demand, send once.
  one("[data-focus]")?.focus();
  for (const button of all("[data-reveal]")) {
    const field = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    });
    field.form.addEventListener("submit", () => { field.type = "password"; });
  }
  for (const button of all("button[data-busy]")) {
    const words = button.textContent;
    button.form.addEventListener("submit", (event) => {
      if (event.submitter && event.submitter !== button) return;
      if (button.getAttribute("aria-disabled")) return event.preventDefault();
      button.setAttribute("aria-disabled", "true");
      button.textContent = button.dataset.busy;
    });
    addEventListener("pageshow", () => {
      button.removeAttribute("aria-disabled");
      button.textContent = words;
    });
  }

  // A page's parts, or nothing when the answer is not that page (signed out, gone).
  // Throws when trying again may help.
  const load = async (href) => {
    const answer = await fetch(href, { headers: { Accept: "text/html" } });
    if (answer.status >= 500) throw new Error(answer.statusText);
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // Live progress: replace the part, keep the focus, speak at most every ten seconds.
  const follow = () => {
    const announcer = one("[data-announcer]");
    const hint = one("[data-live-words]");
    const pause = one("[data-pause]");
    let [paused, wait, spoken] = [false, 2000, 0];
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
    });
    const stop = (words, over = false) => {
      hint.textContent = words;
      pause.hidden = true;
      one("[data-reload]").hidden = over;
    };
    const speak = (words, now) => {
      if (!now && Date.now() - spoken < 10000) return;
      spoken = Date.now();
      if (announcer.textContent !== words) announcer.textContent = words;
    };
    const replace = (old, fresh) => {
      const focused = old.contains(document.activeElement) && document.activeElement;
      const index = focused ? all("a, button, [tabindex]", old).indexOf(focused) : -1;
      old.replaceWith(fresh);
      if (index >= 0) all("a, button, [tabindex]", fresh)[index]?.focus();
    };
    const turn = async () => {
      const part = one("#progress");
      if (!paused && !document.hidden) {
        const fresh = await load(part.dataset.poll).then((page) => page && one("#progress", page), () => undefined);
        if (fresh === null) return stop("Updates have stopped. Load the page again to see the state.");
        wait = fresh ? 2000 : Math.min(wait * 2, 30000);
        if (fresh) {
          const open = "poll" in fresh.dataset;
          if (fresh.outerHTML !== part.outerHTML) replace(part, fresh);
          speak(fresh.dataset.say, !open);
          if (!open) return stop("This import is over.", true);
        }
      }
      setTimeout(turn, wait);
    };
    setTimeout(turn, wait);
  };
  if (one("#progress[data-poll]")) follow();

  // "Why this number?" beside the dashboard, where there is room for both.
  const roomy = matchMedia("(min-width: 70rem)");
  let drawer = null;
  const close = () => {
    if (!drawer) return;
    const { aside, link } = drawer;
    drawer = null;
    const inside = aside.contains(document.activeElement);
    aside.remove();
    document.body.classList.remove("with-drawer");
    link.setAttribute("aria-expanded", "false");
    link.removeAttribute("aria-controls");
    if (inside) link.focus();
  };
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const open = (link, page) => {
    close();
    const part = one("[data-drawer-part]", page);
    for (const heading of all("h2", part)) heading.replaceWith(make("h3", {}, ...heading.childNodes));
    const title = make("h2", { id: "drawer-title", tabIndex: -1 }, one("[data-drawer-title]", page).textContent);
    const button = make("button", { className: "second", type: "button" }, "Close");
    button.addEventListener("click", close);
    const full = make("p", { className: "go" }, make("a", { href: link.href }, "Open as a page"));
    const aside = make("aside", { id: "drawer", className: "drawer" },
      make("div", { className: "drawer-head" }, title, button), full, part);
    aside.setAttribute("aria-labelledby", "drawer-title");
    link.closest("li").append(aside);
    document.body.classList.add("with-drawer");
    link.setAttribute("aria-expanded", "true");
    link.setAttribute("aria-controls", "drawer");
    drawer = { aside, link };
    title.focus({ preventScroll: true });
  };
  for (const link of all("a[data-drawer]")) {
    const mark = () => roomy.matches ? link.setAttribute("aria-expanded", String(drawer?.link === link)) : link.removeAttribute("aria-expanded");
    mark();
    roomy.addEventListener("change", mark);
    link.addEventListener("click", async (event) => {
      if (!roomy.matches || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (drawer?.link === link) return close();
      const page = await load(link.href).catch(() => null);
      if (page && one("[data-drawer-part]", page)) open(link, page);
      else location.assign(link.href);
    });
  }
  roomy.addEventListener("change", close);
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
})();
