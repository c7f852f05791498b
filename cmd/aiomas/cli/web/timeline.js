// Messages over time, on which a time can be chosen.
import { $, svg, clock } from "./dom.js";

const height = 64, foot = 16;
let shown = null; // the overview that is drawn
let drag = null; // where a pointer went down, and where it is

const width = () => $("timeline").clientWidth || 800;
const toTime = (x) => Math.round(shown.begin + ((shown.end - shown.begin) * Math.min(Math.max(x, 0), width())) / width());
const toX = (t) => (width() * (t - shown.begin)) / Math.max(shown.end - shown.begin, 1);

export function drawTimeline(overview) {
  shown = overview;
  const w = width(), slot = w / overview.timeline.length;
  const most = Math.max(1, ...overview.timeline.map((s) => s.n));
  const scale = (n) => (n === 0 ? 0 : Math.max(2, ((height - foot - 8) * n) / most));
  const picture = svg("svg", { viewBox: `0 0 ${w} ${height}`, "aria-hidden": "true" });
  overview.timeline.forEach((s, i) => {
    const bar = (n, extra) => { if (n) picture.append(svg("rect", { class: "bar" + extra, x: i * slot, width: Math.max(slot - 1, 1), y: height - foot - scale(n), height: scale(n) })); };
    bar(s.n, "");
    bar(s.e, " bad");
  });
  let [a, b] = drag ? [drag.from, drag.to].sort((x, y) => x - y) : [toX(overview.from), toX(overview.to)];
  [a, b] = [Math.max(a, 0), Math.max(b, a + 1)];
  picture.append(svg("rect", { class: "shown", x: a, width: b - a, y: 0, height: height - foot }));
  for (const x of [a, b]) picture.append(svg("line", { class: "edge", x1: x, x2: x, y1: 0, y2: height - foot }));
  if (overview.end) {
    const middle = drag || a > 90 || b < w - 90 ? `${clock(toTime(a), 3)} – ${clock(toTime(b), 3)}` : "";
    const text = (x, anchor, t) => picture.append(svg("text", { x, y: height - 4, "text-anchor": anchor }, t));
    text(6, "start", clock(overview.begin, 0));
    text(w - 6, "end", clock(overview.end, 0));
    if (middle) text(Math.min(Math.max((a + b) / 2, 190), w - 190), "middle", middle);
  }
  $("timeline").replaceChildren(picture);
}

// listen calls choose(from, to) with each time that is chosen, choose() for none.
export function listenTimeline(choose) {
  const box = $("timeline");
  const at = (e) => e.clientX - box.getBoundingClientRect().left;
  box.addEventListener("pointerdown", (e) => {
    if (!shown?.end || e.button !== 0) return;
    drag = { from: at(e), to: at(e) };
    box.setPointerCapture(e.pointerId);
  });
  box.addEventListener("pointermove", (e) => {
    if (!drag) return;
    drag.to = at(e);
    drawTimeline(shown);
  });
  const end = () => {
    if (!drag) return;
    const [a, b] = [drag.from, drag.to].sort((x, y) => x - y);
    drag = null;
    if (b - a >= 3) choose(toTime(a), toTime(b));
    else drawTimeline(shown);
  };
  box.addEventListener("pointerup", end);
  box.addEventListener("pointercancel", () => { drag = null; });
  box.addEventListener("dblclick", () => choose());
  box.addEventListener("keydown", (e) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!step || !shown?.end) return;
    e.preventDefault();
    const whole = shown.from <= shown.begin && shown.to >= shown.end;
    const span = whole ? Math.ceil((shown.end - shown.begin) / 10) : shown.to - shown.from;
    let from = whole ? (step > 0 ? shown.begin : shown.end - span) : shown.from + (step * span) / 2;
    from = Math.round(Math.min(Math.max(from, shown.begin), Math.max(shown.end - span, shown.begin)));
    choose(from, from + span);
  });
  new ResizeObserver(() => { if (shown) drawTimeline(shown); }).observe(box);
}
