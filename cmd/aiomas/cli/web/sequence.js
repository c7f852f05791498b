// Messages as a sequence diagram: a column for each program, a line for each message.
import { $, el, svg, clock, took, short, begin } from "./dom.js";

const rowHeight = 32, gutter = 122, letter = 7.25, leastColumn = 112;

let rows = []; // the messages that are shown
let chosen = -1; // the number of the one that is chosen
let open = () => {};

export const listenSequence = (f) => { open = f; };
export const shownMessages = () => rows;
export const chosenMessage = () => chosen;

export function drawSequence(messages, order, follow) {
  rows = messages;
  const box = $("sequence");
  if (rows.length === 0) {
    box.replaceChildren(el("p", { class: "empty" }, "No messages."));
    return;
  }
  const left = box.scrollLeft, top = box.scrollTop;
  const programs = columnsOf(order);
  const width = Math.max(box.clientWidth - 16, gutter + leastColumn * programs.length);
  const space = (width - gutter) / programs.length;
  const x = new Map(programs.map((p, i) => [p, gutter + space * (i + 0.5)]));
  const height = rows.length * rowHeight + 6;
  const heads = svg("svg", { class: "heads", width, height: 28 });
  const picture = svg("svg", { width, height, role: "presentation" });
  for (const p of programs) {
    heads.append(svg("text", { x: x.get(p), y: 18 }, svg("title", {}, p), short(p, Math.floor(space / letter) - 1)));
    picture.append(svg("line", { class: "life", x1: x.get(p), x2: x.get(p), y1: 0, y2: height }));
  }
  rows.forEach((m, i) => picture.append(drawMessage(m, i, x, width)));
  box.replaceChildren(heads, picture);
  box.scrollLeft = left;
  box.scrollTop = follow ? box.scrollHeight : top;
  mark();
}

// columnsOf are the programs of the messages, in the order of the graph.
function columnsOf(order) {
  const there = new Set(rows.flatMap((m) => [m.from, m.to]));
  const known = order.filter((p) => there.delete(p));
  return [...known, ...there];
}

function drawMessage(m, i, x, width) {
  const y = i * rowHeight, a = x.get(m.from), b = x.get(m.to);
  const note = m.kind === "opened" || m.kind === "ended";
  const group = svg("g", {
    class: `message ${note ? "note" : m.kind}${m.failed ? " failed" : ""}`, id: `m${m.seq}`, role: "option", "aria-selected": "false",
    onclick: () => choose(m.seq, true),
  });
  const low = Math.min(a, b), high = Math.max(a, b);
  const head = m.kind === "request" ? `${m.id} ${m.text}` : note || m.kind === "rest" ? m.text : `${m.id} ${m.text}`;
  const time = m.latency >= 0 ? took(m.latency) : "";
  const room = Math.floor((width - low - 20) / letter) - (time ? time.length + 2 : 0);
  group.append(
    svg("title", {}, `#${m.conn} ${m.from} → ${m.to}\n${m.text}`),
    svg("rect", { class: "row", x: 0, y, width, height: rowHeight }),
    svg("text", { class: "when", x: 6, y: y + 18 }, clock(m.at)));
  const label = svg("text", { class: "label", x: low + 8, y: y + 14 }, begin(head, room));
  if (time) label.append(svg("tspan", { class: "took", dx: 10 }, time));
  const tip = a <= b ? -1 : 1;
  if (low === high) { // a program that talks to itself
    group.append(svg("path", { class: "arrow", d: `M${a},${y + 18} h26 v8 h-20` }), svg("path", { class: "head", d: `M${a},${y + 26} l9,-4 v8z` }));
  } else if (note) {
    group.append(svg("circle", { class: "head", cx: a, cy: y + 23, r: 3.5 }), svg("line", { class: "arrow", x1: a, x2: b, y1: y + 23, y2: y + 23, "stroke-dasharray": "1 5" }));
  } else {
    group.append(
      svg("line", { class: "arrow", x1: a, x2: b + 7 * tip, y1: y + 23, y2: y + 23 }),
      svg("path", { class: "head", d: `M${b},${y + 23} l${9 * tip},-4.5 v9z` }));
  }
  group.append(label);
  return group;
}

// choose chooses a message; show tells whether its content is to be shown, too.
export function choose(seq, show) {
  chosen = seq;
  mark();
  if (show && seq >= 0) open(seq);
}

// step chooses the next message or the one before.
export function step(by, show) {
  if (rows.length === 0) return;
  const i = rows.findIndex((m) => m.seq === chosen);
  const next = i < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(i + by, 0), rows.length - 1);
  choose(rows[next].seq, show);
  $(`m${rows[next].seq}`)?.scrollIntoView({ block: "nearest" });
}

function mark() {
  const box = $("sequence");
  box.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
  const m = $(`m${chosen}`);
  m?.setAttribute("aria-selected", "true");
  if (m) box.setAttribute("aria-activedescendant", m.id);
  else box.removeAttribute("aria-activedescendant");
}
