// One message with all that it says.
import { $, el, ask, clock, took, bytes } from "./dom.js";

let shown = null;
let wanted = -1;

export const shownDetail = () => shown;

export function closeDetail() {
  wanted = -1;
  shown = null;
  $("detail").hidden = true;
  document.querySelector("main").classList.remove("open");
}

// showDetail shows the message of a number; go is what its link to the reply or request calls.
export async function showDetail(seq, go) {
  wanted = seq;
  let m;
  try {
    m = await ask("message", { seq });
  } catch (error) {
    m = { seq, text: "", error: error.message, gone: true };
  }
  if (wanted !== seq) return; // another one is wanted by now
  shown = m;
  const box = $("detail");
  const first = box.hidden;
  box.replaceChildren(...parts(m, go).filter(Boolean));
  box.hidden = false;
  box.scrollTop = 0;
  document.querySelector("main").classList.add("open");
  if (first) window.dispatchEvent(new Event("resize"));
}

function parts(m, go) {
  const block = (head, text, cls) => text && [el("h3", {}, head), el("pre", { class: cls }, text)];
  const head = m.gone ? "Message" : m.path ? `${m.path}` : m.kind;
  const facts = m.gone ? [] : [
    ["Type", m.kind], ["Time", clock(m.at)], ["From", m.from], ["To", m.to], ["Connection", `#${m.conn}`],
    ["Id", m.codec && m.kind !== "undecodable" ? m.id : null], ["Latency", m.latency >= 0 ? took(m.latency) : null],
    ["Size", m.size ? bytes(m.size) : null], ["Codec", m.codec],
  ];
  return [
    el("header", {}, el("h2", {}, head), el("button", { type: "button", "aria-label": "Close", title: "Esc", onclick: closeDetail }, "✕")),
    el("dl", {}, ...facts.filter(([, v]) => v != null && v !== "").flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, String(v))])),
    m.other >= 0 ? el("button", { type: "button", id: "other", title: "r", onclick: () => go(m.other) }, m.kind === "request" ? "Show the reply" : "Show the request") : null,
    ...(block("Error", m.error, "bad") || []),
    ...(block("Traceback", m.traceback) || []),
    ...(block(m.kind === "request" ? "Arguments" : "Content", m.traceback ? "" : m.content, "content") || []),
    m.hex ? el("details", {}, el("summary", {}, "Bytes"), el("pre", { class: "hex" }, m.hex)) : null,
  ];
}
