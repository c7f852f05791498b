// The tables of the page. Whatever peers said is put into the page as text, never as markup.

import { bytes, count } from "./units.js";
export { bytes, count };

export const $ = (id) => document.getElementById(id);

// el makes an element: attributes, then children, which are elements or text.
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((c) => c != null && c !== ""));
  return element;
}

// took is a time in microseconds for people.
export function took(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e5 ? 1 : 0)} ms`;
  if (us < 6e7) return `${(us / 1e6).toFixed(us < 1e7 ? 2 : 1)} s`;
  const s = Math.floor(us / 1e6), m = Math.floor(s / 60), h = Math.floor(m / 60);
  return h ? `${h} h ${m % 60} min` : `${m} min ${s % 60} s`;
}

export function clock(text) {
  const t = new Date(text), two = (n, k = 2) => String(n).padStart(k, "0");
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${two(t.getMilliseconds(), 3)}`;
}

const text = (s) => s;
const number = { text: count, right: true };
const time = { text: took, right: true };
const size = { text: bytes, right: true };

// columns: the key in a row, the head, how it is shown.
export const tables = [
  { id: "connections", head: "Connections", of: (s) => s.connections, total: (s) => s.connection_count, empty: "There is no connection.",
    columns: [["remote", "Peer"], ["local", "Here"], ["dialled", "Made by", { text: (d) => (d ? "us" : "the peer") }], ["state", "State"], ["codec", "Codec"], ["age", "Age", time],
      ["calls", "Calls in flight", number], ["calls_total", "Calls", number], ["requests", "Requests in flight", number], ["running", "Running", number],
      ["requests_total", "Requests", number], ["pending_in", "Pending in", size], ["pending_out", "Pending out", size]] },
  { id: "requests", head: "Requests in flight", hint: "of peers, in handlers", of: (s) => s.requests, total: (s) => s.request_count, empty: "No handler is running.",
    columns: [["path", "Path"], ["peer", "From"], ["age", "Age", time]] },
  { id: "calls", head: "Calls in flight", hint: "of this program", of: (s) => s.calls, total: (s) => s.call_count, empty: "No call waits for its reply.",
    columns: [["path", "Path"], ["peer", "To"], ["age", "Age", time]] },
  { id: "agents", head: "Agents", of: (s) => s.agents, total: (s) => s.agent_count, empty: "No container is watched.",
    columns: [["addr", "Address"], ["class", "Class"], ["busy", "State", { text: (b) => (b ? "busy" : "idle") }], ["waiting", "Waiting calls", { ...number, bad: (r) => r.waiting >= 10 }]] },
  { id: "limits", head: "Limits", hint: "where most of each is used", of: (s) => s.limits, total: (s) => s.limits.length, empty: "There is no connection.",
    columns: [["name", "Limit"], ["ratio", "Used", { meter: true }], ["used", "Now", { text: (n, r) => (r.unit ? bytes(n) : count(n)), right: true }],
      ["limit", "At most", { text: (n, r) => (r.unit ? bytes(n) : count(n)), right: true }], ["peer", "Where"]] },
  { id: "request-paths", head: "Paths that peers call", of: (s) => s.request_paths, total: (s) => s.request_paths.length, empty: "Nothing was called yet.", columns: pathColumns() },
  { id: "call-paths", head: "Paths that are called", of: (s) => s.call_paths, total: (s) => s.call_paths.length, empty: "Nothing was called yet.", columns: pathColumns() },
  { id: "errors", head: "Last errors", of: (s) => s.errors, total: (s) => s.error_count, empty: "There was no error.",
    columns: [["time", "Time", { text: clock }], ["kind", "Kind"], ["path", "Path"], ["peer", "Peer"], ["text", "Error", { long: true }], ["took", "After", { ...time, text: (us) => (us ? took(us) : "") }]] },
];

function pathColumns() {
  return [["path", "Path"], ["calls", "Calls", number], ["errors", "Errors", { ...number, bad: (r) => r.errors > 0 }], ["mean", "Mean", time], ["p50", "p50", time], ["p99", "p99", time], ["max", "Max", time]];
}

// makeTable puts an empty table into the page.
export function makeTable(table, changed) {
  table.order = null; // [key, 1 or -1]; null: as it comes
  const heads = table.columns.map(([key, head, how = {}]) => el("th", { scope: "col", class: how.right ? "right" : null, "data-key": key },
    el("button", { type: "button", onclick: () => {
      const first = how.right ? -1 : 1;
      table.order = table.order?.[0] !== key ? [key, first] : table.order[1] === first ? [key, -first] : null;
      changed();
    } }, head)));
  table.body = el("tbody");
  table.count = el("span", { class: "count" });
  table.heads = heads;
  table.section = el("section", { id: table.id, tabindex: -1, "aria-labelledby": `${table.id}-head` },
    el("h2", { id: `${table.id}-head` }, table.head, table.hint ? el("small", {}, ` ${table.hint}`) : null, table.count),
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...heads)), table.body)));
  return table.section;
}

// drawTable shows the rows that contain the filter.
export function drawTable(table, state, filter) {
  const cells = (row) => table.columns.map(([key, , how = {}]) => (how.meter ? `${(row[key] * 100).toFixed(row[key] < 0.1 ? 1 : 0)} %` : (how.text || text)(row[key], row)));
  let rows = table.of(state).map((row) => ({ row, cells: cells(row) }));
  if (filter) rows = rows.filter((r) => r.cells.some((c) => c.toLowerCase().includes(filter)));
  if (table.order) {
    const [key, sign] = table.order;
    rows.sort(({ row: a }, { row: b }) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0));
  }
  for (const th of table.heads) {
    const on = table.order?.[0] === th.dataset.key;
    if (on) th.setAttribute("aria-sort", table.order[1] > 0 ? "ascending" : "descending");
    else th.removeAttribute("aria-sort");
  }
  const total = table.total(state), all = table.of(state).length;
  table.count.textContent = filter ? `${rows.length} of ${total}` : all < total ? `${all} of ${count(total)}` : total ? count(total) : "";
  table.body.replaceChildren(...rows.map((r) => el("tr", {}, ...table.columns.map(([, , how = {}], i) => cell(how, r.row, r.cells[i])))));
  if (rows.length === 0) table.body.append(el("tr", { class: "empty" }, el("td", { colspan: table.columns.length }, filter ? "No row contains the filter." : table.empty)));
}

function cell(how, row, shown) {
  const cls = [how.right && "right", how.long && "long", how.bad?.(row) && "bad"].filter(Boolean).join(" ") || null;
  if (!how.meter) return el("td", { class: cls, title: how.right ? null : shown }, shown);
  const meter = el("meter", { min: 0, max: 1, low: 0.5, high: 0.8, optimum: 0, value: row.ratio });
  return el("td", { class: cls }, meter, ` ${shown}`);
}
