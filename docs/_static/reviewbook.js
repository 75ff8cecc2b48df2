/* What the pages do beyond plain HTML. No dependency, no request; without it every citation is a link. */
(() => {
  "use strict";

  const root = document.documentElement;
  const article = document.getElementById("furo-main-content");
  if (!article) return;

  /* The switch between author–year citations and short ones. */

  const toggle = document.querySelector(".cite-switch");
  if (toggle) {
    const isShort = () => root.dataset.citations === "short";
    const show = () => toggle.setAttribute("aria-checked", String(isShort()));
    toggle.addEventListener("click", () => {
      if (isShort()) delete root.dataset.citations;
      else root.dataset.citations = "short";
      try {
        localStorage.setItem("citations", isShort() ? "short" : "full");
      } catch {
        /* storage may be forbidden; the switch then holds for this page */
      }
      show();
    });
    show();
  }

  /* Previews of sources: by hovering, by keyboard focus, by a first tap. */

  const templates = new Map();
  for (const template of document.querySelectorAll("template[data-cite]")) {
    templates.set(template.dataset.cite, template);
  }

  const OPEN_AFTER = 180;
  const CLOSE_AFTER = 250;
  const GAP = 4;
  const NARROW = 640;
  let current = null; // { link, box, line }: line is the one of the link's lines that was pointed at
  let timer = 0;
  let pointer = ""; // the kind of the last pointer
  let pressing = false; // between pointerdown and click: focus is not the keyboard's
  let dismissed = null; // the link whose preview Escape has closed, until it loses focus

  const linkAt = (target) => (target instanceof Element ? target.closest("a.cite-link") : null);
  const within = (target) =>
    current && target instanceof Node && (current.box.contains(target) || current.link.contains(target));

  function open(link, x, y) {
    clearTimeout(timer);
    if (current?.link === link) return;
    close();
    const template = templates.get(link.dataset.cite);
    if (!template) return;
    const box = document.createElement("span");
    box.className = "cite-preview";
    box.setAttribute("role", "dialog");
    box.append(template.content.cloneNode(true));
    const title = box.querySelector(".cite-preview-title");
    title.id = "cite-preview-title";
    box.setAttribute("aria-labelledby", title.id);
    const about = box.querySelector(".cite-preview-what");
    if (about) {
      about.id = "cite-preview-about";
      link.setAttribute("aria-describedby", about.id);
    }
    const card = document.createElement("a");
    card.href = link.href;
    card.className = "cite-preview-card";
    card.textContent = "Full card";
    box.querySelector(".cite-preview-links").prepend(card, " ");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cite-preview-close";
    button.textContent = "Close";
    button.addEventListener("click", dismiss);
    box.append(button);
    link.after(box);
    link.setAttribute("aria-expanded", "true");
    const rects = [...link.getClientRects()];
    const under = rects.findIndex((r) => x >= r.left && x <= r.right && y >= r.top && y <= r.bottom);
    current = { link, box, line: Math.max(under, 0) };
    place();
    const over = link.getBoundingClientRect().bottom + GAP - box.getBoundingClientRect().top;
    if (box.classList.contains("cite-preview-sheet") && box.style.bottom && over > 0) {
      window.scrollBy({ top: over + 16, behavior: "instant" });
    }
  }

  function place() {
    const { link, box, line } = current;
    const rects = link.getClientRects();
    const rect = link.getBoundingClientRect(); // a link may run over two lines: keep both in sight
    const start = (rects[Math.min(line, rects.length - 1)] ?? rect).left;
    const width = root.clientWidth;
    const height = window.innerHeight;
    const below = height - rect.bottom;
    const down = below > Math.min(320, rect.top);
    box.classList.toggle("cite-preview-sheet", width < NARROW);
    box.classList.toggle("cite-preview-above", !down);
    if (width < NARROW) {
      const high = box.offsetHeight;
      const hidden = rect.bottom + GAP > height - high;
      box.style.cssText = hidden && rect.top > high ? "top:0" : "bottom:0";
      return;
    }
    const left = Math.max(8, Math.min(start - 12, width - box.offsetWidth - 8));
    box.style.cssText = down
      ? `left:${left}px;top:${rect.bottom + GAP}px;max-height:${below - GAP - 8}px`
      : `left:${left}px;bottom:${height - rect.top + GAP}px;max-height:${rect.top - GAP - 8}px`;
  }

  function close() {
    clearTimeout(timer);
    if (!current) return;
    const { link, box } = current;
    current = null;
    link.removeAttribute("aria-describedby");
    link.removeAttribute("aria-expanded");
    box.remove();
  }

  function dismiss() {
    if (!current) return;
    const { link, box } = current;
    dismissed = link;
    if (box.contains(document.activeElement)) link.focus({ preventScroll: true });
    close();
  }

  function later(action, delay) {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  }

  if (templates.size) {
    document.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "mouse") return;
      const link = linkAt(event.target);
      if (link && link !== dismissed) later(() => open(link, event.clientX, event.clientY), OPEN_AFTER);
      else if (within(event.target)) clearTimeout(timer);
      else if (current && !within(document.activeElement)) later(close, CLOSE_AFTER);
      else if (!current) clearTimeout(timer);
    });
    document.addEventListener("pointerout", (event) => {
      if (linkAt(event.target) && dismissed && document.activeElement !== dismissed) dismissed = null;
      if (current && event.relatedTarget === null && !within(document.activeElement)) later(close, CLOSE_AFTER);
    });
    document.addEventListener(
      "pointerdown",
      (event) => {
        pointer = event.pointerType;
        pressing = true;
        setTimeout(() => (pressing = false), 700);
        if (current && !within(event.target)) close();
      },
      true,
    );
    document.addEventListener("keydown", (event) => {
      pressing = false;
      pointer = "";
      if (event.key === "Escape" && current) {
        event.preventDefault();
        dismiss();
      }
    });
    document.addEventListener("focusin", (event) => {
      const link = linkAt(event.target);
      if (link && !pressing && link !== dismissed && link.matches(":focus-visible")) open(link);
      else if (current && !within(event.target)) close();
    });
    document.addEventListener("focusout", (event) => {
      if (linkAt(event.target) === dismissed) dismissed = null;
    });
    document.addEventListener("click", (event) => {
      const link = linkAt(event.target);
      const touch = pointer === "touch" || pointer === "pen";
      if (!link || !touch || current?.link === link || !templates.has(link.dataset.cite)) return;
      event.preventDefault();
      open(link, event.clientX, event.clientY);
    });
    const follow = () => {
      if (!current) return;
      const rect = current.link.getBoundingClientRect();
      if (rect.bottom < 0 || rect.top > window.innerHeight) close();
      else place();
    };
    document.addEventListener("scroll", (event) => {
      if (current && !current.box.contains(event.target)) follow();
    }, { capture: true, passive: true });
    window.addEventListener("resize", follow);
  }

  /* The page of sources: show only the cards that hold the words typed. */

  const cards = [...document.querySelectorAll(".source-card")];
  if (cards.length) {
    const texts = cards.map((card) => card.textContent.toLowerCase());
    const form = document.createElement("form");
    form.className = "source-filter";
    form.setAttribute("role", "search");
    form.setAttribute("aria-label", "Sources");
    form.innerHTML =
      '<label for="source-filter">Show only sources with these words</label>' +
      '<input id="source-filter" type="search" autocomplete="off"> <output for="source-filter"></output>';
    const [input, output] = [form.querySelector("input"), form.querySelector("output")];
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      cards.forEach((card, index) => {
        card.hidden = !words.every((word) => texts[index].includes(word));
        shown += card.hidden ? 0 : 1;
      });
      output.textContent = words.length ? `${shown} of ${cards.length}` : "";
    };
    input.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("hashchange", () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!target?.closest(".source-card[hidden]")) return;
      input.value = "";
      apply();
      target.scrollIntoView();
    });
    cards[0].before(form);
  }

  /* The page of popular claims: show only those with one verdict. Without this, and in print, it is a plain list. */

  const popular = [...article.querySelectorAll(".popular-claim")];
  if (popular.length > 1) {
    const verdicts = new Map(); // its class -> { badge, claims }
    for (const claim of popular) {
      const name = [...claim.classList].find((one) => one.startsWith("verdict-"));
      if (!name) continue;
      if (!verdicts.has(name)) verdicts.set(name, { badge: claim.querySelector(".verdict"), claims: [] });
      verdicts.get(name).claims.push(claim);
    }
    const group = document.createElement("div");
    group.className = "verdict-filter";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Show claims by verdict");
    const told = document.createElement("p");
    told.className = "verdict-filter-told";
    told.setAttribute("role", "status");
    const apply = (wanted) => {
      for (const claim of popular) claim.hidden = Boolean(wanted) && !claim.classList.contains(wanted);
      for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.verdict === wanted));
      const shown = popular.filter((claim) => !claim.hidden).length;
      told.textContent = wanted ? `${shown} of ${popular.length} claims shown` : `All ${popular.length} claims shown`;
    };
    const add = (wanted, content, count) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.verdict = wanted;
      button.append(...content, ` ${count}`);
      button.addEventListener("click", () => apply(wanted));
      group.append(button);
    };
    add("", ["All"], popular.length);
    for (const name of ["supported", "partly-supported", "overstated", "unsupported", "contradicted", "not-checkable"]) {
      const found = verdicts.get(`verdict-${name}`);
      if (found) add(`verdict-${name}`, found.badge.cloneNode(true).childNodes, found.claims.length);
    }
    const reveal = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!target?.closest(".popular-claim[hidden]")) return;
      apply("");
      target.scrollIntoView();
    };
    window.addEventListener("hashchange", reveal);
    // A link to the place that the address names already changes no hash.
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[href*='#']") : null;
      if (link && link.pathname === location.pathname && link.hash === location.hash) setTimeout(reveal);
    });
    const first = popular[0].closest("section") ?? popular[0];
    first.before(group, told);
    apply("");
  }

  /* Wide tables and long lines of code scroll in a box of their own; the keyboard must reach it. */

  const boxes = document.querySelectorAll(".table-wrapper, .highlight > pre");
  const reach = () => {
    for (const box of boxes) {
      if (box.scrollWidth > box.clientWidth + 1) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        const caption = box.querySelector("caption")?.textContent.trim();
        box.setAttribute("aria-label", caption || (box.matches("pre") ? "Code" : "Table"));
      } else {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    }
  };
  reach();
  window.addEventListener("resize", reach);

  /* The theme opens its menus with labels, which the keyboard does not reach. */

  const names = { __navigation: "Site navigation", __toc: "On this page" };
  for (const icon of document.querySelectorAll("label[for^='__'] > .icon")) {
    icon.tabIndex = 0;
    icon.setAttribute("role", "button");
    icon.setAttribute("aria-label", names[icon.parentElement.htmlFor]);
    icon.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      icon.click();
    });
  }
  /* Tables of trials: sort by a column, show the rows that hold some words. Without this they are plain tables. */

  for (const table of article.querySelectorAll("table.trials")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const value = (row, column) => row.cells[column].textContent.trim();
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
        rows.sort((a, b) => order.compare(value(a, column), value(b, column)) * (down ? -1 : 1));
        body.append(...rows);
      });
    });
    const label = document.createElement("label");
    label.className = "filter";
    const input = document.createElement("input");
    input.type = "search";
    const count = document.createElement("output");
    const filter = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      count.textContent = `${shown} of ${rows.length} trials`;
    };
    input.addEventListener("input", filter);
    label.append("Show trials with ", input, " ", count);
    (table.closest(".table-wrapper") ?? table).before(label);
    filter();
  }
})();
