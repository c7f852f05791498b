// The page: what is looked at, and when it is asked for again.
import { $, el, ask, count, bytes, rate, clock } from "./dom.js";
import { drawGraph } from "./graph.js";
import { drawTimeline, listenTimeline } from "./timeline.js";
import { drawSequence, listenSequence, choose, step, shownMessages, chosenMessage } from "./sequence.js";
import { drawPaths } from "./paths.js";
import { showDetail, closeDetail, shownDetail } from "./detail.js";

const lines = 300, liveLines = 100; // messages that are shown at once; while they come, few are in sight
const pace = 1000; // milliseconds between two looks at what goes on

const state = {
  live: false, paused: false,
  last: 10e6, // microseconds that are shown while live, 0: all
  span: null, // [from, to] that was chosen
  text: "", failed: false, path: "", edge: null,
  page: null, // {after} or {before} a message: not the newest
};

let overview = null;
let previous = null; // for the rate: messages and time of the last look
let speed = null; // messages each second
let asked = 0; // the number of the search that is under way
let timer = 0;

const following = () => state.live && !state.paused && !state.span && !state.page;

async function look() {
  clearTimeout(timer);
  const time = state.span ? { from: state.span[0], to: state.span[1] } : { last: state.live ? state.last : 0 };
  try {
    if (!state.paused || !overview || state.dirty) {
      state.dirty = false;
      overview = await ask("overview", time);
      const now = performance.now();
      if (previous) speed = Math.max(overview.messages - previous.messages, 0) / ((now - previous.at) / 1000);
      previous = { messages: overview.messages, at: now };
      draw();
      await messages();
    }
    $("trouble").hidden = true;
  } catch (error) {
    $("trouble").textContent = error instanceof TypeError ? "The program that serves this page does not answer any more." : error.message;
    $("trouble").hidden = false;
  }
  if (state.live) timer = setTimeout(look, document.hidden ? 5 * pace : pace);
}

// refresh looks again at once, also while paused.
function refresh() {
  state.dirty = true;
  return look();
}

async function messages() {
  const mine = ++asked, most = following() ? liveLines : lines;
  const span = state.span || (state.live && !state.text && !state.failed && !state.path && !state.edge ? null : [0, 0]);
  let wanted = {
    text: state.text, failed: state.failed ? 1 : "", path: state.path, a: state.edge?.from, b: state.edge?.to, limit: most,
    from: span?.[0] || "", to: span?.[1] || "", ...(state.page || (state.live && !state.span ? {} : { after: overview.first - 1 })),
  };
  let all = [];
  for (;;) { // a search comes in pieces
    const found = await ask("messages", { ...wanted, limit: most - all.length });
    if (mine !== asked) return;
    const forward = wanted.after != null;
    all = forward ? [...all, ...found.messages] : [...found.messages, ...all];
    const done = found.done || all.length >= most;
    state.more = { forward, left: !found.done };
    if (done || all.length > 0) {
      drawSequence(all, overview.nodes, following() && chosenMessage() < 0);
      say(all, done);
    }
    if (done) break;
    if (forward) wanted = { ...wanted, after: found.at };
    else wanted = { ...wanted, before: found.at };
    $("found").textContent = `${all.length} found, searching …`;
  }
}

function say(all, done) {
  const filtered = state.text || state.failed || state.path || state.edge;
  const more = state.more.left ? "+" : "";
  $("found").textContent = filtered ? `${all.length}${more} found${done ? "" : ", searching …"}` : all.length ? `${all.length} of ${count(overview.next - overview.first)}` : "";
  $("older").disabled = all.length === 0 || (state.more.forward ? all[0].seq <= overview.first : !state.more.left);
  $("newer").disabled = all.length === 0 || (state.more.forward ? !state.more.left : !state.page);
}

function draw() {
  const o = overview;
  drawTimeline(o);
  drawGraph(o, following(), state.edge && JSON.stringify([state.edge.from, state.edge.to]), (e) => set({ edge: e, page: null }));
  drawPaths(o, state.path, (path) => set({ path: state.path === path ? "" : path, page: null }));
  const totals = [["connections", `${o.open ? `${count(o.open)} of ` : ""}${count(o.conns)}`], ["messages", count(o.messages)], ["bytes", bytes(o.bytes)]];
  if (state.live && speed != null) totals.push(["now", rate(speed)]);
  $("totals").replaceChildren(...totals.map(([k, v]) => el("div", {}, el("dt", {}, k), el("dd", {}, v))));
  const lost = o.first > 0 ? ` since ${clock(o.begin, 0)}` : "";
  $("state").textContent = !state.live ? "recording" + lost : state.paused ? "paused" : state.span || state.page ? "a chosen time" : "live";
  $("state").className = following() ? "live" : "";
  $("pause").textContent = state.live && !following() ? "Go on" : "Pause";
  const chip = (text, change) => el("button", { type: "button", title: "Take this filter away", onclick: () => set(change) }, `${text} ✕`);
  $("filters").replaceChildren(...[
    state.path && chip(state.path, { path: "", page: null }),
    state.edge && chip(`${state.edge.from} ↔ ${state.edge.to}`, { edge: null, page: null }),
    state.span && chip(`${clock(state.span[0], 3)} – ${clock(state.span[1], 3)}`, { span: null, page: null }),
  ].filter(Boolean));
}

function set(change) {
  Object.assign(state, change);
  return refresh();
}

function show(seq) {
  if (state.live) state.paused = true; // what is looked at stays where it is
  draw();
  return showDetail(seq, go).then(() => $(`m${seq}`)?.scrollIntoView({ block: "nearest" }));
}

// go shows a message that may not be among those on the page.
async function go(seq) {
  if (!shownMessages().some((m) => m.seq === seq)) await set({ text: "", failed: false, path: "", edge: null, span: null, page: { after: Math.max(seq - 20, overview.first) - 1 }, paused: state.live });
  $("search").value = state.text;
  $("failed").checked = state.failed;
  choose(seq, true);
  $(`m${seq}`)?.scrollIntoView({ block: "nearest" });
}

function pause() {
  if (!state.live) return;
  if (following()) set({ paused: true });
  else { choose(-1); set({ paused: false, span: null, page: null }); }
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a browser may keep nothing */ }
}

function escape() {
  if (!$("detail").hidden) { closeDetail(); return; }
  $("search").value = "";
  $("failed").checked = false;
  set({ text: "", failed: false, path: "", edge: null, span: null, page: null });
}

const keys = {
  "/": () => $("search").focus(), " ": pause, t: theme, "?": () => $("keys").showModal(), Escape: escape,
  e: () => $("failed").click(), ArrowDown: () => move(1), ArrowUp: () => move(-1), j: () => move(1), k: () => move(-1),
  Enter: () => chosenMessage() >= 0 && show(chosenMessage()), r: () => shownDetail()?.other >= 0 && go(shownDetail().other),
};

function move(by) {
  if (state.live) state.paused = true;
  step(by, !$("detail").hidden);
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || $("keys").open) return;
  const field = e.target.closest("input, select");
  if (field && e.key === "Escape") { field.blur(); escape(); return; }
  if (field?.id === "search" && e.key === "Enter") { e.preventDefault(); $("sequence").focus(); step(1); return; }
  if (field || (e.key === "Enter" || e.key === " ") && e.target.closest("button, [tabindex='0']:not(#sequence):not(#timeline), summary")) return;
  const f = keys[e.key];
  if (f) { e.preventDefault(); f(); }
});

let typing = 0;
$("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => set({ text: $("search").value.trim(), page: null }), 200);
});
$("tools").addEventListener("submit", (e) => e.preventDefault());
$("failed").addEventListener("change", () => set({ failed: $("failed").checked, page: null }));
$("range").addEventListener("change", () => set({ last: Number($("range").value), span: null, page: null }));
$("pause").addEventListener("click", pause);
$("theme").addEventListener("click", theme);
$("help").addEventListener("click", () => $("keys").showModal());
$("older").addEventListener("click", () => turn({ before: shownMessages()[0].seq }));
$("newer").addEventListener("click", () => turn({ after: shownMessages().at(-1).seq }));

function turn(page) {
  $("sequence").scrollTop = 0;
  return set({ page });
}

listenSequence(show);
listenTimeline((from, to) => set({ span: from == null ? null : [from, to], page: null }));
addEventListener("resize", () => { if (overview) { draw(); drawSequence(shownMessages(), overview.nodes, false); } });
document.addEventListener("visibilitychange", () => { if (!document.hidden && state.live) look(); });

try { if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme"); } catch { /* as above */ }
const about = await ask("about");
state.live = about.live;
$("title").textContent = about.title;
document.title = `${about.title} – aiomas`;
for (const id of ["pause", "range"]) $(id).hidden = !about.live;
await look();
