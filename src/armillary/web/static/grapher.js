// The grapher without asking the server again: tabs, year, play, units, scale. Figures and charts come with the page (web/grapher.py);
// the address always says what is shown. Ranks of values per head follow the one tie rule of the site.
(() => {
  "use strict";
  const TIE = 1e-9, MOST = 8, BARS = 20;
  const start = () => {
    const root = document.getElementById("grapher");
    if (!root) return;
    const data = JSON.parse(document.getElementById("g-data").textContent), words = data.words;
    const at = new Map(data.units.map((u, i) => [u, i])), groups = new Set(data.groups), kept = new Map();
    const find = (id) => document.getElementById(id);
    const language = document.documentElement.lang, box = root.querySelector(".chart");
    const links = new Map([...root.querySelectorAll("#g-table td.name a")].map((a) => [a.textContent, a.getAttribute("href")]));
    const served = !!root.querySelector("form.controls");
    const state = { ...data.start, units: [...data.start.units] };
    root.querySelectorAll("[data-js]").forEach((e) => { e.hidden = false; });
    find("g-show")?.remove();
    const yearBox = find("g-year")?.closest(".field");
    if (yearBox) yearBox.remove();

    const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (whole, k) => (k in parts ? parts[k] : whole));
    const number = (v, d) => language.startsWith("zh") && Math.abs(v) >= 1e8 && !d ? `${new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(v / 1e8)}亿` : new Intl.NumberFormat(language, { minimumFractionDigits: d, maximumFractionDigits: d }).format(v);
    const said = (v, per) => {
      if (data.percent) return `${number(100 * v, Math.max(1, data.decimals - 2))} %`;
      if (per) return number(v, Math.abs(v) >= 1000 ? 0 : Math.abs(v) >= 10 ? 1 : 3);
      const text = number(v, Math.abs(v) < 1000 ? data.decimals : 0);
      return text + data.suffix;
    };

    // figures of one way to measure: values and ranks in columns of years
    const figures = (per) => {
      if (!per || !data.people) return { values: data.values, ranks: data.ranks, per: false, wide: data.wide };
      if (kept.has("head")) return kept.get("head");
      const values = data.units.map((u, i) => data.values[i].map((v, k) => { const n = data.people[u]?.[data.years[k]]; return v === null || !n ? null : 1e6 * v / n; }));
      const ranks = data.units.map(() => data.years.map(() => null));
      data.years.forEach((_y, k) => {
        const order = data.units.map((u, i) => i).filter((i) => values[i][k] !== null && data.ranks[i].some((r) => r !== null)).sort((a, b) => values[b][k] - values[a][k]);
        order.forEach((i, n) => {
          const before = n ? order[n - 1] : -1, v = values[i][k];
          ranks[i][k] = before >= 0 && values[before][k] - v <= TIE * Math.max(1, Math.abs(v)) ? ranks[before][k] : n + 1;
        });
      });
      const every = values.flat().filter((v) => v !== null), positive = every.filter((v) => v > 0);
      const wide = Math.min(...every) >= 0 && positive.length > 0.8 * every.length && Math.max(...positive) / Math.min(...positive) > 50;
      kept.set("head", { values, ranks, per: true, wide });
      return kept.get("head");
    };
    const yearsOf = (f) => data.years.map((_y, k) => k).filter((k) => f.values.some((v) => v[k] !== null));
    const listed = (f, k) => {
      const sign = data.best === "low" ? 1 : -1;
      return data.units.map((u, i) => ({ u, i, rank: f.ranks[i][k], value: f.values[i][k], group: groups.has(u) })).filter((r) => r.value !== null)
        .sort((a, b) => a.group - b.group || (a.rank === null) - (b.rank === null) || (a.rank ?? 0) - (b.rank ?? 0) || sign * (a.value - b.value) || (a.u < b.u ? -1 : 1));
    };
    const since = (f, i, k) => { let first = k; for (let j = k - 1; j >= 0 && f.ranks[i][j] === f.ranks[i][k]; j--) first = j; return data.years[first]; };
    const chosen = (f, k) => (state.units.length ? state.units : listed(f, k).filter((r) => !r.group).slice(0, 3).map((r) => r.u));
    const measure = () => (state.per ? fill(words.per, { measure: data.measure }) : data.measure);
    const finding = (f, k) => {
      const year = data.periods[k];
      if (data.sample) return `${data.title}, ${year}`;
      if (state.units.length) {
        const i = at.get(state.units[0]), rank = f.ranks[i][k], value = f.values[i][k], name = data.names[i];
        if (value === null) return fill(words.without, { name, year });
        if (rank === null) return fill(words.value, { name, year, value: said(value, f.per) });
        return fill(words.unit, { name, rank, of: f.ranks.filter((r) => r[k] !== null).length, year, since: since(f, i, k), value: said(value, f.per) });
      }
      const first = listed(f, k).filter((r) => r.rank !== null).slice(0, 3);
      if (first.length < 3) return `${data.title}, ${year}`;
      return fill(words.first, { first: data.names[first[0].i], second: data.names[first[1].i], third: data.names[first[2].i], year, value: said(first[0].value, f.per) });
    };

    // the chart of a tab with the figures of the state
    const drawn = (tab, f, k) => {
      const spec = structuredClone(data.templates[tab]), key = Object.keys(spec.datasets)[0], title = measure();
      if (tab === "chart") {
        const units = chosen(f, k);
        let rows = f.values, label = title;
        if (state.line === "rank") { rows = f.ranks; label = words.rank; }
        if (state.line === "index") {
          const base = yearsOf(f).find((j) => units.every((u) => f.values[at.get(u)][j] > 0));
          if (base !== undefined) rows = f.values.map((v) => v.map((x) => (x === null ? null : 100 * x / v[base])));
          label = fill(words.index, { measure: title });
        }
        const last = (i) => rows[i].reduce((l, v, j) => (v === null ? l : j), -1);
        const years = yearsOf(f), log = state.scale === "log" && f.wide && !state.line;
        const value = (i, j) => (log && rows[i][j] !== null && rows[i][j] <= 0 ? null : rows[i][j]);
        spec.datasets[key] = units.flatMap((u) => years.map((j) => ({ period: String(data.years[j]), value: value(at.get(u), j), low: null, high: null, unit_id: u, name: data.names[at.get(u)], end: last(at.get(u)) === j })));
        const broken = {};
        for (const u of units) for (const [y, says] of Object.entries(data.breaks[u] ?? {})) broken[y] = broken[y] ? `${broken[y]}; ${says}` : says;
        for (const [y, says] of Object.entries(data.changes)) broken[y] = broken[y] ? `${broken[y]}; ${says}` : says;
        const marks = years.slice(1).map((j) => String(data.years[j])).filter((y) => broken[y]).map((y) => ({ period: y, says: broken[y] }));
        for (const layer of spec.layer) {
          layer.encoding.color.scale.domain = units;
          layer.encoding.y.title = label;
          layer.encoding.y.scale = log ? { type: "log" } : { zero: !state.line && data.total && !state.per, reverse: state.line === "rank" };
        }
        if (units.length > 1 && spec.layer.length < 3) spec.layer.push({ mark: { type: "text", align: "left", dx: 9, limit: 150, aria: false }, transform: [{ filter: "datum.end" }], encoding: { ...spec.layer[0].encoding, text: { field: "name", type: "nominal" } } });
        if (marks.length) spec.layer.push({ data: { values: marks }, mark: { type: "rule", strokeDash: [4, 3], color: "#666666", aria: false }, encoding: { x: { field: "period", type: "ordinal", title: null }, tooltip: [{ field: "says", type: "nominal", title: words.break }] } });
        if (marks.length) spec.layer.push({ data: { values: marks }, mark: { type: "text", style: "note", angle: 270, align: "left", baseline: "bottom", dx: 2, dy: -3, limit: spec.height - 12, aria: false }, encoding: { x: { field: "period", type: "ordinal", title: null }, y: { value: spec.height - 4 }, text: { field: "says", type: "nominal" } } });
      } else if (tab === "map") {
        spec.datasets[key] = listed(f, k).filter((r) => !r.group).map((r) => ({ rank: r.rank, unit_id: r.u, name: data.names[r.i], value: r.value, shade: r.value }));
        const every = f.values.filter((_v, i) => !groups.has(data.units[i])).flat().filter((v) => v !== null && (v > 0 || !f.wide)), fill_ = spec.layer[1].encoding.fill;
        fill_.title = title;
        fill_.scale = { ...(f.wide ? { type: "log" } : { type: "linear", zero: false }), domain: [Math.min(...every), Math.max(...every)], clamp: true };
        if (f.wide) for (const row of spec.datasets[key]) row.shade = Math.max(row.value, fill_.scale.domain[0]);
      } else {
        const rows = listed(f, k).filter((r) => !r.group).slice(0, BARS);
        const label = (r) => (r.rank === null ? data.names[r.i] : `${r.rank}. ${data.names[r.i]}`);
        spec.datasets[key] = rows.map((r) => ({ rank: r.rank, unit_id: r.u, name: data.names[r.i], label: label(r), value: r.value, low: null, high: null, focus: r.u === state.units[0] }));
        spec.height = 27 * rows.length;
        for (const layer of spec.layer) { layer.encoding.y.sort = rows.map(label); if (layer.encoding.x) layer.encoding.x.title = title; }
      }
      spec.description = finding(f, k);
      return spec;
    };

    let last = "";
    const show = async (push = true, redraw = true) => {
      const f = figures(state.per), years = yearsOf(f);
      if (!years.includes(data.years.indexOf(state.year))) state.year = data.years[years[years.length - 1]];
      const k = data.years.indexOf(state.year), tab = state.tab;
      document.querySelector("[data-finding]").textContent = finding(f, k);
      root.querySelectorAll("[data-tab]").forEach((t) => (t.dataset.tab === tab ? t.setAttribute("aria-current", "true") : t.removeAttribute("aria-current")));
      root.querySelectorAll("[data-for]").forEach((e) => { e.hidden = !e.dataset.for.split(" ").includes(tab); });
      root.querySelector("[data-panel=chart]").hidden = tab === "table" || tab === "sources";
      root.querySelector("[data-panel=table]").hidden = tab === "chart" || tab === "sources";
      if (find("g-shown")) { find("g-shown").textContent = data.periods[k]; const s = find("g-slide"); s.max = years.length - 1; s.value = years.indexOf(k); s.setAttribute("aria-valuetext", data.periods[k]); }
      chips(f, k);
      table(f, k);
      if (push) {
        const query = new URLSearchParams(Object.entries(data.choices).filter(([, v]) => v));
        if (tab !== data.usual.tab) query.set("tab", tab);
        if (state.year !== data.usual.year) query.set("year", state.year);
        if (state.units.length) query.set("units", state.units.join(","));
        for (const key of ["scale", "per", "line"]) if (state[key]) query.set(key, state[key]);
        const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
        if (location.protocol.startsWith("http")) history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
        if (served) document.querySelectorAll("[data-state]").forEach((a) => { const to = new URL(a.href); to.search = text; a.href = to.href; });
      }
      if (tab === "table" || tab === "sources" || !redraw) return;
      const key = Object.keys(data.templates[tab].datasets)[0], spec = drawn(tab, f, k);
      box.setAttribute("aria-label", spec.description);
      const same = `${tab}|${state.per}`;
      if (tab === "map" && last === same && box._view) { await box._view.data(key, spec.datasets[key]).runAsync(); return; }
      last = same;
      box._specs = [spec];
      if (tab === "map") box.dataset.fixed = ""; else delete box.dataset.fixed;
      await window.armillaryDraw(box);
    };
    const chips = (f, k) => {
      find("g-chips").hidden = !state.units.length && state.tab !== "chart";
      find("g-chips").replaceChildren(...chosen(f, k).map((u) => {
        const item = document.createElement("li"), name = document.createElement("span");
        name.textContent = data.names[at.get(u)];
        item.append(name);
        if (state.units.length) {
          const away = document.createElement("button");
          away.type = "button";
          away.textContent = "×";
          away.setAttribute("aria-label", fill(words.remove, { name: name.textContent }));
          away.addEventListener("click", () => { state.units = state.units.filter((x) => x !== u); show(); find("g-add").focus(); });
          item.append(away);
        }
        return item;
      }));
    };
    const table = (f, k) => {
      const years = yearsOf(f), earlier = years.filter((j) => j < k), before = earlier.filter((j) => data.years[j] <= data.years[k] - 10).pop() ?? earlier[0];
      find("g-since").textContent = before === undefined ? "" : `Δ ${data.years[before]}`;
      const cell = (css, text) => { const td = document.createElement("td"); td.className = css; td.textContent = text; return td; };
      find("g-table").tBodies[0].replaceChildren(...listed(f, k).map((r) => {
        const row = document.createElement("tr"), name = cell("name", ""), label = data.names[r.i];
        if (state.units.includes(r.u)) row.className = "focus";
        const to = links.get(label) ?? (served && data.prefix && !r.group ? data.prefix + r.u : null);
        if (to) { const a = document.createElement("a"); a.href = to; a.textContent = label; name.append(a); } else name.textContent = label;
        const was = before === undefined ? null : f.ranks[r.i][before], move = was === null || r.rank === null ? null : was - r.rank;
        row.append(cell("rank", r.rank ?? "–"), name, cell("n", said(r.value, f.per)),
          cell(`n hide-s ${move > 0 ? "up" : move < 0 ? "down" : "muted"}`, move === null ? "–" : move > 0 ? `▲ ${move}` : move < 0 ? `▼ ${-move}` : "="),
          cell("hide-s muted", data.flags[r.u]?.[data.years[k]] ?? ""));
        return row;
      }));
    };

    const add = () => {
      const input = find("g-add"), text = input.value.trim();
      if (!text) return;
      const { normal, plainFit, nearFit } = window.ArmillaryFind, q = normal(text);
      let best = null, points = 0;
      data.units.forEach((u, i) => {
        const p = Math.max(u.toLowerCase() === text.toLowerCase() ? 100 : 0, plainFit(q, normal(data.names[i])), nearFit(q, normal(data.names[i])));
        if (p > points) { points = p; best = u; }
      });
      if (!best) { find("g-status").textContent = words.unknown; input.setAttribute("aria-invalid", "true"); return; }
      input.removeAttribute("aria-invalid");
      input.value = "";
      if (!state.units.includes(best)) state.units = [...state.units, best].slice(-MOST);
      if (data.years.length > 1) state.tab = "chart";
      find("g-status").textContent = data.names[at.get(best)];
      show();
    };
    let playing = 0;
    const stop = () => { clearInterval(playing); playing = 0; const b = find("g-play"); if (b) { b.textContent = "▶"; b.setAttribute("aria-label", words.play); } };
    const step = (n) => { const years = yearsOf(figures(state.per)); state.year = data.years[years[Math.max(0, Math.min(years.length - 1, n))]]; };
    root.querySelectorAll("[data-tab]").forEach((t) => t.addEventListener("click", (e) => { e.preventDefault(); state.tab = t.dataset.tab; show(); if (state.tab === "sources") document.getElementById("sources")?.scrollIntoView(); }));
    find("g-slide")?.addEventListener("input", (e) => { stop(); step(Number(e.target.value)); show(); });
    find("g-play")?.addEventListener("click", () => {
      if (playing) { stop(); return; }
      const slide = find("g-slide");
      if (Number(slide.value) >= Number(slide.max)) { step(0); show(); }
      const button = find("g-play");
      button.textContent = "❚❚";
      button.setAttribute("aria-label", words.stop);
      playing = setInterval(() => { const next = Number(slide.value) + 1; if (next > Number(slide.max)) { stop(); return; } step(next); show(); }, 700);
    });
    find("g-line")?.addEventListener("change", (e) => { state.line = e.target.value; show(); });
    find("g-log")?.addEventListener("change", (e) => { state.scale = e.target.checked ? "log" : ""; show(); });
    find("g-per")?.addEventListener("change", (e) => { state.per = e.target.checked ? "head" : ""; show(); });
    const input = find("g-add");
    input.addEventListener("focus", () => { const list = find("g-names"); if (!list.children.length) list.replaceChildren(...data.names.map((n) => { const o = document.createElement("option"); o.value = n; return o; })); }, { once: true });
    input.addEventListener("change", add);
    input.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); add(); } });
    root.querySelector("form.controls")?.addEventListener("submit", (e) => e.preventDefault());
    // a site of files answers every query with the same page: take the state from the address
    const given = new URL(location.href).searchParams;
    const moved = !served && [...given.keys()].length > 0;
    if (moved) {
      if (data.templates[given.get("tab")] || ["table", "sources"].includes(given.get("tab"))) state.tab = given.get("tab");
      if (data.years.includes(Number(given.get("year")))) state.year = Number(given.get("year"));
      state.units = (given.get("units") || "").split(",").filter((u) => at.has(u)).slice(0, MOST);
      for (const key of ["scale", "per", "line"]) state[key] = given.get(key) || "";
      if (state.units.length && !given.get("tab") && data.years.length > 1) state.tab = "chart";
    }
    show(false, moved);
  };
  document.addEventListener("DOMContentLoaded", start);
})();
