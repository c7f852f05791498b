// The programs, and who calls whom.
import { $, svg, el, took, speed, rate, count, short } from "./dom.js";

const boxWidth = 152, boxHeight = 32, rowHeight = 74;

// place gives each program a place: those that call at the left, those that are called at the right, and those that do
// both in between, on a ring if there are many.
function place(overview, width) {
  const out = new Map(), into = new Map();
  for (const e of overview.edges) {
    out.set(e.from, (out.get(e.from) || 0) + e.calls);
    into.set(e.to, (into.get(e.to) || 0) + e.calls);
  }
  const columns = [[], [], []];
  for (const n of overview.nodes) {
    const calls = out.get(n) || 0, called = into.get(n) || 0;
    columns[calls > 4 * called ? 0 : called > 4 * calls ? 2 : 1].push(n);
  }
  const places = new Map();
  const used = columns.filter((c) => c.length > 0);
  if (used.length === 1 && used[0].length > 2) {
    const all = used[0], height = Math.max(240, 60 * all.length);
    all.forEach((n, i) => {
      const angle = (2 * Math.PI * i) / all.length - Math.PI / 2;
      places.set(n, { x: width / 2 + (width / 2 - boxWidth / 2 - 8) * Math.cos(angle), y: height / 2 + (height / 2 - 30) * Math.sin(angle) });
    });
    return { places, height };
  }
  const height = Math.max(160, rowHeight * Math.max(1, ...columns.map((c) => c.length)));
  used.forEach((column, k) => {
    const x = used.length === 1 ? width / 2 : boxWidth / 2 + 4 + ((width - boxWidth - 8) * k) / (used.length - 1);
    column.forEach((n, i) => places.set(n, { x, y: (height * (i + 0.5)) / column.length, column: k }));
  });
  return { places, height };
}

// border is where the line from a box to a point leaves it.
function border(from, to) {
  const dx = to.x - from.x, dy = to.y - from.y;
  const scale = Math.min((boxWidth / 2 + 3) / Math.abs(dx || 1e-9), (boxHeight / 2 + 3) / Math.abs(dy || 1e-9));
  return { x: from.x + dx * Math.min(scale, 1), y: from.y + dy * Math.min(scale, 1) };
}

function line(a, b, both, spread) {
  if (a === b) { // a program that calls itself
    return { d: `M${a.x - 30},${a.y - boxHeight / 2} c-10,-40 70,-40 60,0`, x: a.x, y: a.y - boxHeight / 2 - 30 };
  }
  const dx = b.x - a.x, dy = b.y - a.y, length = Math.hypot(dx, dy) || 1;
  // A line past the programs in the middle goes around them.
  const bend = Math.abs(a.column - b.column) === 2 ? (dy < 0 ? 42 : -42) : both ? 22 : 0;
  const control = { x: (a.x + b.x) / 2 - (dy / length) * bend * 2, y: (a.y + b.y) / 2 + (dx / length) * bend * 2 };
  const from = border(a, control), to = border(b, control);
  // Labels of lines that leave one box are not all in the middle, where they would be in each other's way.
  const t = 0.5 + spread;
  const at = (p, c, q) => (1 - t) * (1 - t) * p + 2 * t * (1 - t) * c + t * t * q;
  return { d: `M${from.x},${from.y} Q${control.x},${control.y} ${to.x},${to.y}`, x: at(from.x, control.x, to.x), y: at(from.y, control.y, to.y) };
}

export function drawGraph(overview, live, chosen, choose) {
  const box = $("graph");
  const focused = document.activeElement?.dataset?.edge;
  if (overview.nodes.length === 0) {
    box.replaceChildren(el("p", { class: "empty" }, live ? "Nothing has come yet: let a program connect." : "There is no message."));
    return;
  }
  const width = Math.max(box.clientWidth, 540);
  const { places, height } = place(overview, width);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: live ? "live" : "", role: "group", "aria-label": "Programs and their calls" });
  picture.append(svg("defs", {}, svg("marker", { id: "tip", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" },
    svg("path", { d: "M0,1 10,5 0,9z", fill: "context-stroke" }))));
  const seconds = Math.max((overview.to - overview.from) / 1e6, 1e-3);
  const pairs = new Set(overview.edges.map((e) => JSON.stringify([e.from, e.to])));
  for (const e of overview.edges) {
    const key = JSON.stringify([e.from, e.to]);
    const shape = line(places.get(e.from), places.get(e.to), pairs.has(JSON.stringify([e.to, e.from])), 0);
    const color = e.errors > 0 && e.errors * 10 >= e.calls ? "bad" : e.replies ? speed(e.p50) : "idle";
    const calls = rate(e.calls / seconds);
    const label = `${calls}${e.replies ? ` · ${took(e.p50)}` : ""}`;
    const thick = 1.5 + 1.3 * Math.log10(1 + e.calls / seconds);
    const group = svg("g", {
      class: `call ${color}${key === chosen ? " chosen" : ""}`, tabindex: 0, role: "button", "data-edge": key,
      "aria-label": `${e.from} calls ${e.to}: ${label}, ${e.errors} errors`,
      onclick: () => choose(e), onkeydown: (k) => { if (k.key === "Enter") choose(e); },
    },
      svg("title", {}, `${e.from} → ${e.to}\n${count(e.calls)} calls, ${count(e.errors)} errors\np50 ${took(e.p50)}, p99 ${took(e.p99)}`),
      svg("path", { class: "wide", d: shape.d }),
      svg("path", { class: "line", d: shape.d, "stroke-width": thick, "marker-end": "url(#tip)" }),
      live && e.calls > 0 ? svg("path", { class: "flow", d: shape.d, "stroke-width": Math.max(thick * 0.5, 1) }) : null,
      svg("text", { x: shape.x, y: shape.y - 5 }, label),
      e.errors ? svg("text", { class: "errors", x: shape.x, y: shape.y + 12 }, `${count(e.errors)} error${e.errors === 1 ? "" : "s"}`) : null);
    picture.append(group);
  }
  for (const [name, p] of places) {
    picture.append(svg("g", { class: "node" }, svg("title", {}, name),
      svg("rect", { x: p.x - boxWidth / 2, y: p.y - boxHeight / 2, width: boxWidth, height: boxHeight, rx: 8 }),
      svg("text", { x: p.x, y: p.y + 4 }, short(name, 20))));
  }
  box.replaceChildren(picture);
  if (focused) [...box.querySelectorAll("[data-edge]")].find((g) => g.dataset.edge === focused)?.focus();
}
