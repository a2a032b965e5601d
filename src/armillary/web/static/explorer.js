// The index explorer: weighted mean of the parts, ranks, and how far they move when the weights do. Same rule as armillary.composite:
// a missing part hands its weight to the others; equal scores share a rank.
(() => {
  "use strict";
  const DRAWS = 300, SPREAD = 0.25, TIE = 1e-9;
  const start = () => {
    const form = document.getElementById("explorer"), source = document.getElementById("live");
    if (!form || !source) return;
    const live = JSON.parse(source.textContent), n = live.rows.length;
    const sliders = [...form.querySelectorAll("input[data-part]")], outs = [...form.querySelectorAll("[data-out]")];
    const body = document.querySelector("#indextable tbody");
    const lines = new Map([...body.querySelectorAll("tr")].map((tr) => [tr.dataset.id, tr]));
    const status = form.querySelector("[data-status]");
    document.querySelectorAll("[data-js]").forEach((e) => { e.hidden = false; });

    const score = (x, w) => {
      let top = 0, bottom = 0;
      for (let k = 0; k < w.length; k++) {
        if (x[k] === null || w[k] === 0) continue;
        if (live.method === "geometric") { if (x[k] <= 0) return 0; top += w[k] * Math.log(x[k]); } else top += w[k] * x[k];
        bottom += w[k];
      }
      if (!bottom) return null;
      return live.method === "geometric" ? Math.exp(top / bottom) : top / bottom;
    };
    const ranks = (scores) => {
      const order = scores.map((s, i) => i).sort((a, b) => (scores[b] ?? -Infinity) - (scores[a] ?? -Infinity) || live.rows[a].name.localeCompare(live.rows[b].name));
      const rank = new Array(n).fill(null);
      order.forEach((i, k) => {
        const before = k ? order[k - 1] : -1;
        rank[i] = scores[i] === null ? null : before >= 0 && Math.abs(scores[before] - scores[i]) <= TIE ? rank[before] : k + 1;
      });
      return { order, rank };
    };
    // the same draws every time, so that the same weights show the same interval
    const noise = () => {
      let s = 0x9e3779b9;
      return () => { s = (s + 0x6d2b79f5) | 0; let t = Math.imul(s ^ (s >>> 15), 1 | s); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
    };
    const intervals = (w) => {
      const random = noise(), all = live.rows.map(() => []);
      for (let d = 0; d < DRAWS; d++) {
        const drawn = w.map((x) => x * (1 + SPREAD * (2 * random() - 1)));
        const { rank } = ranks(live.rows.map((r) => score(r.x, drawn)));
        rank.forEach((r, i) => all[i].push(r ?? n));
      }
      return all.map((list) => { list.sort((a, b) => a - b); return [list[Math.floor(0.05 * (DRAWS - 1))], list[Math.ceil(0.95 * (DRAWS - 1))]]; });
    };
    const at = (rank) => 4 + 172 * (rank - 1) / Math.max(n - 1, 1);

    const show = () => {
      const raw = sliders.map((s) => Number(s.value)), total = raw.reduce((a, b) => a + b, 0);
      outs.forEach((o, k) => { o.textContent = total ? (100 * raw[k] / total).toFixed(1) : "0"; });
      if (!total) return;
      const scores = live.rows.map((r) => score(r.x, raw)), { order, rank } = ranks(scores), spans = intervals(raw);
      let moved = 0;
      for (const i of order) {
        const row = live.rows[i], tr = lines.get(row.id);
        const move = row.rank === null || rank[i] === null ? null : row.rank - rank[i];
        if (move) moved++;
        tr.querySelector("[data-rank]").textContent = rank[i] ?? "–";
        tr.querySelector("[data-score]").textContent = scores[i] === null ? "–" : scores[i].toFixed(2);
        const cell = tr.querySelector("[data-move]");
        cell.textContent = move === null ? "–" : move > 0 ? `▲ ${move}` : move < 0 ? `▼ ${-move}` : "=";
        cell.className = "n " + (move > 0 ? "up" : move < 0 ? "down" : "muted");
        tr.querySelector("[data-span]").textContent = `${spans[i][0]}–${spans[i][1]}`;
        const bar = tr.querySelector("[data-bar] svg");
        if (bar) {
          bar.querySelector("path").setAttribute("d", `M${at(spans[i][0]).toFixed(1)} 9H${(at(spans[i][1]) + 0.6).toFixed(1)}`);
          bar.querySelector("circle").setAttribute("cx", at(rank[i] ?? n).toFixed(1));
        }
        body.appendChild(tr);
      }
      status.textContent = status.dataset.text.replace("{n}", moved).replace("{first}", live.rows[order[0]].name);
    };
    let asked = 0;
    const soon = () => { cancelAnimationFrame(asked); asked = requestAnimationFrame(show); };
    const remember = () => {
      const usual = sliders.every((s, k) => Number(s.value) === Math.round(live.usual[k]));
      const address = new URL(location.href);
      if (usual) address.searchParams.delete("w"); else address.searchParams.set("w", sliders.map((s) => s.value).join(","));
      if (location.protocol.startsWith("http")) history.replaceState(null, "", address.href.replaceAll("%2C", ","));
    };
    const put = (values) => { sliders.forEach((s, k) => { s.value = Math.round(values[k]); }); show(); remember(); };
    sliders.forEach((s) => { s.addEventListener("input", soon); s.addEventListener("change", remember); });
    form.querySelector("[data-reset]").addEventListener("click", () => put(live.usual));
    form.querySelector("[data-equal]").addEventListener("click", () => put(live.usual.map(() => 100 / live.usual.length)));
    form.addEventListener("submit", (e) => e.preventDefault());
    // a static site answers every ?w= with the same file: read the weights here
    const given = new URL(location.href).searchParams.get("w");
    if (given && given.split(",").length === sliders.length) { sliders.forEach((s, k) => { s.value = given.split(",")[k]; }); show(); }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
