// The table of paths.
import { $, el, took, speed, count, bytes } from "./dom.js";

const columns = [
  { key: "path", head: "Path", text: (p) => p.path },
  { key: "calls", head: "Calls", text: (p) => count(p.calls) },
  { key: "open", head: "Open", text: (p) => count(p.open) },
  { key: "errors", head: "Errors", text: (p) => count(p.errors), class: (p) => (p.errors ? "bad" : "") },
  { key: "bytes", head: "Bytes", text: (p) => bytes(p.bytes) },
  ...["p50", "p90", "p99", "max"].map((key) => ({ key, head: key, text: (p) => (p.max ? took(p[key]) : "–"), class: (p) => (p.max ? speed(p[key]) : "") })),
];

let order = null; // {key, down}; null is that of the server: most time first

export function drawPaths(overview, chosen, choose) {
  const redraw = () => drawPaths(overview, chosen, choose);
  $("paths").querySelector("thead").replaceChildren(el("tr", {}, ...columns.map((c) =>
    el("th", { "aria-sort": order?.key === c.key && (order.down ? "descending" : "ascending") },
      el("button", { type: "button", onclick: () => {
        order = order?.key === c.key ? (order.down === (c.key !== "path") ? { ...order, down: !order.down } : null) : { key: c.key, down: c.key !== "path" };
        redraw();
      } }, c.head)))));
  const rows = [...overview.paths];
  if (order) {
    rows.sort((a, b) => (a[order.key] < b[order.key] ? -1 : a[order.key] > b[order.key] ? 1 : 0) * (order.down ? -1 : 1));
  }
  const focused = document.activeElement?.dataset?.path;
  const body = $("paths").querySelector("tbody");
  body.replaceChildren(...rows.map((p) => el("tr", {
    class: p.path === chosen && "chosen", tabindex: 0, "data-path": p.path, title: p.path,
    onclick: () => choose(p.path), onkeydown: (e) => { if (e.key === "Enter") choose(p.path); },
  }, ...columns.map((c) => el("td", { class: c.class?.(p) }, c.text(p))))));
  if (overview.more) body.append(el("tr", {}, el("td", { colspan: columns.length, class: "empty" }, `and ${overview.more} more`)));
  if (focused != null) [...body.children].find((r) => r.dataset.path === focused)?.focus();
}
