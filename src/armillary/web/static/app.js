// Theme switch and charts. Pages work without this file; it adds hover, the reader's theme and width to charts, and live sliders.
(() => {
  "use strict";
  const root = document.documentElement;
  const asked = window.matchMedia("(prefers-color-scheme: dark)");
  const store = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
                  set: (v) => { try { localStorage.setItem("theme", v); } catch { /* private window: lasts for this page */ } } };
  const saved = store.get();
  if (saved === "light" || saved === "dark") root.dataset.theme = saved;
  const theme = () => root.dataset.theme || (asked.matches ? "dark" : "light");

  // hints for chart authors are no business of the reader; errors are
  const quiet = { level() { return this; }, error(...all) { console.error(...all); return this; }, warn() { return this; }, info() { return this; }, debug() { return this; } };

  const draw = async (box) => {
    if (typeof vegaEmbed === "undefined") return;
    if (box.closest("[hidden]")) return;
    box._specs ||= [...box.querySelectorAll("script")].map((s) => JSON.parse(s.textContent));
    const room = box.parentElement.clientWidth;
    const narrow = room < 600;
    const spec = structuredClone(narrow && box._specs[1] ? box._specs[1] : box._specs[0]);
    const config = structuredClone(THEMES[theme()]);
    const fixed = box.dataset.fixed !== undefined || box._specs.length > 1 || typeof spec.width !== "number";
    if (!fixed && room > 0) {
      spec.autosize = { type: "fit-x", contains: "padding" };
      spec.width = Math.min(room, Math.max(spec.width * 1.5, 760));
    }
    if (narrow) {
      config.axisBand.labelLimit = Math.round(room * 0.38);
      config.axis.labelFontSize = 11;
    }
    if (box.dataset.bare !== undefined) delete spec.title;
    if (spec.usermeta && spec.usermeta.land) spec.datasets = { ...spec.datasets, land: LAND };
    const target = box._target || (box._target = box.appendChild(document.createElement("div")));
    try {
      if (box._view) box._view.finalize();
      // controls of a chart stand before it: inside the picture a screen reader would not find them
      const controls = box._controls || (box._controls = box.parentElement.insertBefore(document.createElement("div"), box));
      controls.replaceChildren();
      const made = await vegaEmbed(target, spec, {
        ast: true, renderer: "svg", actions: false, defaultStyle: false, config, bind: controls, logger: quiet,
        tooltip: { disableDefaultStyle: true, theme: theme() },
      });
      box._view = made.view;
      leads(box);
      spread(target);
      // the box is the picture and carries its description; its parts are not read out one by one
      target.querySelector("svg")?.setAttribute("aria-hidden", "true");
      if (fixed) fit(target.querySelector("svg"), room);
      if (box.dataset.turn !== undefined) turn(box);
      box.classList.remove("waiting");
      box.classList.add("ready");
    } catch (error) {
      console.error("chart", error);
    }
  };

  // charts with a projection keep their proportions and shrink as a picture does
  const fit = (svg, room) => {
    if (!svg) return;
    const wide = Number(svg.getAttribute("width"));
    if (wide > room) { svg.setAttribute("width", room); svg.setAttribute("height", Number(svg.getAttribute("height")) * room / wide); }
  };

  const turn = (box) => {
    if (box._turning) return;
    box._turning = true;
    let from = null, asked = false;
    const target = box._target;
    target.classList.add("turns");
    target.addEventListener("pointerdown", (e) => { from = { x: e.clientX, y: e.clientY, lon: box._view.signal("lon"), lat: box._view.signal("lat") }; });
    window.addEventListener("pointermove", (e) => {
      if (!from) return;
      const lon = from.lon - (e.clientX - from.x) * 0.35, lat = Math.max(-80, Math.min(80, from.lat + (e.clientY - from.y) * 0.35));
      box._view.signal("lon", lon).signal("lat", lat);
      if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; box._view.runAsync(); }); }
    });
    window.addEventListener("pointerup", () => { from = null; });
  };

  // a mark leads to the page of what it shows: the list beside the chart has the link, for the keyboard too
  const pageOf = (name) => [...document.querySelectorAll("td.name a, .toplist a, .columns a, .members a")].find((a) => a.textContent.trim() === String(name))?.href;
  const leads = (box) => {
    let down = null;
    box._view.addEventListener("pointerdown", (e) => { down = { x: e.clientX, y: e.clientY }; });
    box._view.addEventListener("click", (e, item) => {
      const moved = down && Math.hypot(e.clientX - down.x, e.clientY - down.y) > 5;
      const to = !moved && item?.datum?.name && pageOf(item.datum.name);
      if (to) location.href = to;
    });
    box._view.addEventListener("pointermove", (_e, item) => { box._target.style.cursor = item?.datum?.name && pageOf(item.datum.name) ? "pointer" : ""; });
  };

  // names at the ends of lines that meet: each moves down until it can be read
  const spread = (target) => {
    const names = [...target.querySelectorAll(".mark-text.role-mark text")].map((e) => [e, /translate\(([-\d.]+),\s*([-\d.]+)\)/.exec(e.getAttribute("transform") || "")]).filter(([e, at]) => at && e.textContent);
    if (names.length < 2 || names.length > 8 || target.querySelector(".mark-shape")) return;
    names.sort((a, b) => a[1][2] - b[1][2]);
    const placed = [];
    for (const [e, at] of names) {
      const x = Number(at[1]), wide = e.getBoundingClientRect().width;
      let y = Number(at[2]);
      for (const p of placed) if (x < p.x + p.wide && p.x < x + wide && y < p.y + 12) y = p.y + 12;
      if (y !== Number(at[2])) e.setAttribute("transform", `translate(${x},${y})`);
      placed.push({ x, y, wide });
    }
  };

  window.armillaryDraw = draw;
  const drawAll = () => Promise.all([...document.querySelectorAll(".chart")].map(draw)).then(() => { root.dataset.charts = "ready"; });

  document.addEventListener("DOMContentLoaded", () => {
    if (new URL(location.href).searchParams.get("embed") === "1") document.body.classList.add("embed");
    // on a site of files the state goes along as a query, which no file server needs to know
    document.querySelectorAll("a[data-query]").forEach((a) => { a.href += `?${a.dataset.query}`; });
    // the owner may not have said where the site is: the reader's address bar knows
    document.querySelectorAll("[data-own]").forEach((e) => {
      const own = () => { if (location.protocol.startsWith("http")) e.value = e.tagName === "INPUT" ? location.href : e.value.replace(/src="[^"]*"/, `src="${location.href.split("#")[0]}${location.search ? "&" : "?"}embed=1"`); };
      own();
      e.addEventListener("focus", () => { own(); e.select(); });
    });
    const button = document.getElementById("theme");
    const words = button && { dark: button.textContent.trim(), light: button.dataset.light || "Light" };
    const label = () => { if (button) button.firstElementChild.textContent = theme() === "dark" ? words.light : words.dark; };
    if (button) {
      button.hidden = false;
      label();
      button.addEventListener("click", () => {
        root.dataset.theme = theme() === "dark" ? "light" : "dark";
        store.set(root.dataset.theme);
        label();
        drawAll();
      });
    }
    asked.addEventListener("change", () => { label(); drawAll(); });
    document.querySelectorAll(".chart").forEach((c) => c.classList.add("waiting"));
    drawAll();
    document.querySelectorAll("details").forEach((d) => d.addEventListener("toggle", () => { if (d.open) d.querySelectorAll(".chart").forEach(draw); }));
    let width = window.innerWidth, timer = 0;
    window.addEventListener("resize", () => {
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      clearTimeout(timer);
      timer = setTimeout(drawAll, 150);
    });
  });
})();
