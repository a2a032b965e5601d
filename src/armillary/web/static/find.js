// The search box of every page: suggestions while typing, "/" to reach it, arrows and Enter to choose. On a server they come from the
// API; a site of files brings an index along. Points are those of armillary/web/find/matching.py.
(() => {
  "use strict";
  const LIMIT = 8, CJK = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
  const LATIN = { "ı": "i", "ø": "o", "ł": "l", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe" };
  const normal = (t) => t.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[ıøłßđæœ]/g, (c) => LATIN[c]).normalize("NFC")
    .replace(/['\u2019]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const allowed = (t) => { const n = [...t].length; return CJK.test(t) ? (n < 2 ? 0 : n < 6 ? 1 : 2) : n < 4 ? 0 : n < 7 ? 1 : n < 12 ? 2 : 3; };
  const distance = (a, b, most) => {
    if (Math.abs(a.length - b.length) > most) return null;
    let before = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const now = [i];
      for (let j = 1; j <= b.length; j++) {
        const cost = a[i - 1] === b[j - 1] ? 0 : 1;
        now[j] = Math.min(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
        if (cost && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) now[j] = Math.min(now[j], before[j - 2] + 1);
      }
      if (Math.min(...now) > most) return null;
      before = last; last = now;
    }
    return last[b.length] <= most ? last[b.length] : null;
  };
  const plainFit = (q, n) => {
    if (q === n) return 100;
    const rest = Math.min(9, (n.length - q.length) / 4);
    if (n.startsWith(q)) return 80 - rest + (n[q.length] === " " ? 2 : 0);
    const words = n.split(" ");
    if (q.split(" ").every((a) => words.some((w) => w.startsWith(a)))) return 65 - rest;
    return (q.length > 2 || CJK.test(q)) && n.includes(q) ? 50 - rest : 0;
  };
  const nearFit = (q, n) => {
    const d = distance(q, n, allowed(q));
    if (d !== null) return 40 - 7 * d + (q[0] === n[0] ? 4 : 0);
    if (CJK.test(q)) return 0;
    let total = 0;
    for (const a of q.split(" ")) {
      const fits = n.split(" ").map((w) => (w.startsWith(a) ? 0 : distance(a, w, allowed(a)))).filter((f) => f !== null);
      if (!fits.length) return 0;
      total += Math.min(...fits);
    }
    return Math.max(1, 34 - 7 * total);
  };
  const best = (list, q, fit) => {
    const out = [];
    for (const [label, kind, path, weight, names] of list) {
      let points = 0;
      names.forEach((n, k) => { const p = fit(q, n); if (p) points = Math.max(points, p + weight - (k ? 1.5 : 0)); });
      if (points) out.push({ label, kind_name: kind, address: path, points });
    }
    return out.sort((a, b) => b.points - a.points || (a.label < b.label ? -1 : 1)).slice(0, LIMIT);
  };
  const local = (list, text) => {
    const q = normal(text);
    if (!q) return [];
    const plain = best(list, q, plainFit);
    if (plain.length && plain[0].points >= 60) return plain;
    const have = new Set(plain.map((h) => h.address));
    return [...plain, ...best(list, q, nearFit).filter((h) => !have.has(h.address))].slice(0, LIMIT);
  };

  window.ArmillaryFind = { normal, plainFit, nearFit };
  const start = () => {
    const form = document.getElementById("find");
    if (!form) return;
    form.hidden = false;
    const input = form.querySelector("input"), list = form.querySelector("[role=listbox]"), status = form.querySelector("[role=status]");
    const { api, index, root, language } = form.dataset;
    let hits = [], at = -1, asked = 0, loaded = null;
    const load = () => (loaded ||= new Promise((done) => {
      const script = document.createElement("script");
      script.src = index;
      script.onload = () => done(window.FIND_INDEX || []);
      script.onerror = () => done([]);
      document.head.append(script);
    }));
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); at = -1; };
    const mark = (k) => {
      at = k;
      [...list.children].forEach((o, i) => o.setAttribute("aria-selected", String(i === k)));
      if (k >= 0) { input.setAttribute("aria-activedescendant", list.children[k].id); list.children[k].scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    };
    const show = () => {
      list.replaceChildren(...hits.map((h, i) => {
        const option = document.createElement("li"), kind = document.createElement("span");
        option.id = `find-${i}`;
        option.setAttribute("role", "option");
        option.textContent = h.label + " ";
        kind.textContent = h.kind_name;
        kind.className = "kind";
        option.append(kind);
        option.addEventListener("pointerdown", (e) => { e.preventDefault(); location.href = h.address; });
        return option;
      }));
      list.hidden = !hits.length;
      input.setAttribute("aria-expanded", String(!!hits.length));
      status.textContent = hits.length ? status.dataset.some.replace("{n}", hits.length) : input.value.trim() ? status.dataset.none : "";
      mark(-1);
    };
    const look = async () => {
      const mine = ++asked, text = input.value;
      if (!text.trim()) { hits = []; show(); return; }
      let found = [];
      try {
        if (api) {
          const answer = await fetch(`${api}?q=${encodeURIComponent(text)}&limit=${LIMIT}&language=${language}`);
          if (answer.ok) found = (await answer.json()).rows;
        } else found = local(await load(), text).map((h) => ({ ...h, address: root + h.address }));
      } catch { return; }
      if (mine !== asked) return;
      hits = found;
      show();
    };
    let timer = 0;
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 90); });
    input.addEventListener("focus", () => { if (!api) load(); else if (!asked++) fetch(`${api}?q=a&limit=1`).catch(() => {}); });
    input.addEventListener("blur", () => setTimeout(close, 120));
    input.addEventListener("keydown", async (e) => {
      if (e.isComposing) return;  // an input method is still choosing signs
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        if (!hits.length) return;
        e.preventDefault();
        list.hidden = false;
        mark((at + (e.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + hits.length) % hits.length);
      } else if (e.key === "Escape") { if (list.hidden) input.blur(); else { e.preventDefault(); close(); } }
      else if (e.key === "Enter") {
        if (at >= 0) { e.preventDefault(); location.href = hits[at].address; }
        else if (!api) { e.preventDefault(); clearTimeout(timer); await look(); if (hits.length) location.href = hits[0].address; }
      }
    });
    document.addEventListener("keydown", (e) => {
      const typing = e.target.closest?.("input,textarea,select,[contenteditable]");
      if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); input.focus(); input.select(); }
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
