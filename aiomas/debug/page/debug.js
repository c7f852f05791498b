// The page: asks for the state each second, and shows it.
import { $, el, count, took, tables, makeTable, drawTable } from "./tables.js";

let shown = null; // the last state
let paused = false;
const past = new Map(); // of each counter: its rates, the newest last
const kept = 60;

const tiles = [
  ["Connections", "connections", false], ["Calls", "calls_total", true], ["Failed calls", "calls_failed", true], ["Requests", "requests_total", true],
  ["Failed requests", "requests_failed", true], ["Refused requests", "requests_refused", true], ["Refused connections", "connections_refused", true], ["Protocol errors", "protocol_errors", true],
];

const spark = (values) => {
  const most = Math.max(...values, 1e-9), space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg"), line = document.createElementNS(space, "polyline");
  picture.setAttribute("viewBox", `0 0 ${kept - 1} 20`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  line.setAttribute("points", values.map((v, i) => `${kept - values.length + i},${(19 - (18 * v) / most).toFixed(1)}`).join(" "));
  picture.append(line);
  return picture;
};

function drawTiles(state, before) {
  const seconds = before ? (new Date(state.now) - new Date(before.now)) / 1000 : 0;
  $("tiles").replaceChildren(...tiles.map(([name, key, grows]) => {
    const value = state.counters[key];
    const list = past.get(key) || [];
    past.set(key, list);
    if (seconds > 0) list.push(grows ? (value - before.counters[key]) / seconds : value);
    list.splice(0, Math.max(0, list.length - kept));
    const now = list.at(-1) || 0;
    const bad = /failed|refused|errors/.test(key) && value > 0;
    return el("div", { class: bad ? "tile bad" : "tile", "data-key": key }, el("span", { class: "name" }, name), el("strong", {}, count(value)),
      grows && list.length ? el("span", { class: "rate" }, `${now < 10 ? +now.toFixed(1) : count(Math.round(now))}/s`) : null, spark(list));
  }));
}

function draw() {
  if (!shown) return;
  const filter = $("search").value.trim().toLowerCase();
  for (const t of tables) drawTable(t, shown, filter);
}

function say(trouble) {
  $("trouble").textContent = trouble;
  $("trouble").hidden = !trouble;
  const state = $("state");
  state.textContent = trouble ? "lost" : paused ? "paused" : "live";
  state.className = trouble ? "lost" : paused ? "" : "live";
}

async function refresh() {
  if (paused || document.hidden) return;
  try {
    const answer = await fetch("state");
    if (!answer.ok) throw new Error((await answer.text()).trim() || answer.statusText);
    const state = await answer.json();
    if (paused) return;
    const before = shown;
    shown = state;
    $("program").textContent = `${state.program}, process ${state.pid}, watched for ${took(state.up)}, ${state.goroutines} goroutines`;
    document.title = `${state.program} – aiomas`;
    drawTiles(state, before);
    const focused = document.activeElement?.closest?.("td") ? null : document.activeElement;
    if (!String(getSelection())) draw(); // what somebody is about to copy stays
    focused?.isConnected && focused !== document.body && focused.focus({ preventScroll: true });
    say("");
  } catch (error) {
    say(`The program does not answer: ${error.message}`);
  }
}

async function forever() {
  for (;;) {
    await refresh();
    await new Promise((next) => setTimeout(next, 1000));
  }
}

function pause() {
  paused = !paused;
  $("pause").textContent = paused ? "Go on" : "Pause";
  say("");
  refresh();
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("aiomas-theme", root.dataset.theme); } catch { /* not kept */ }
}

function key(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || $("keys").open) return;
  const typing = e.target === $("search");
  if (e.key === "Escape") {
    $("search").value = "";
    $("search").blur();
    draw();
    return;
  }
  if (typing) return;
  if (e.key === " " && e.target.closest("button, a, select")) return;
  const table = tables[Number(e.key) - 1];
  const act = { "/": () => $("search").focus(), " ": pause, t: theme, "?": () => $("keys").showModal() }[e.key]
    || (table && (() => { table.section.scrollIntoView({ block: "start" }); table.section.focus({ preventScroll: true }); }));
  if (!act) return;
  e.preventDefault();
  act();
}

try {
  const kept = localStorage.getItem("aiomas-theme");
  if (kept) document.documentElement.dataset.theme = kept;
} catch { /* that of the system */ }
document.querySelector("main").append(...tables.map((t) => makeTable(t, draw)));
$("search").addEventListener("input", draw);
$("tools").addEventListener("submit", (e) => e.preventDefault());
$("pause").addEventListener("click", pause);
$("theme").addEventListener("click", theme);
$("help").addEventListener("click", () => $("keys").showModal());
document.addEventListener("keydown", key);
document.addEventListener("visibilitychange", refresh);
forever();
