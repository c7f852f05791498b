// What all parts of the page need. Whatever peers said is put into the page as text, never as markup.

import { bytes, count } from "./units.js";
export { bytes, count };

const svgSpace = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

// el makes an element: attributes, then children, which are elements or text.
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(svgSpace, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((c) => c != null && c !== ""));
  return element;
}

// ask gets JSON. An error of the server has its text.
export async function ask(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== "" && value != null && value !== false) query.set(key, value);
  }
  const answer = await fetch(`api/${path}?${query}`);
  if (!answer.ok) throw new Error((await answer.text()).trim() || answer.statusText);
  return answer.json();
}

// took is a time in microseconds for people.
export function took(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e5 ? 1 : 0)} ms`;
  return `${(us / 1e6).toFixed(2)} s`;
}

export const speed = (us) => "speed-" + (us < 1e3 ? 0 : us < 1e4 ? 1 : us < 1e5 ? 2 : 3);

// rate is a number each second.
export function rate(n) {
  return n === 0 ? "0/s" : n < 10 ? `${n.toFixed(n < 1 ? 2 : 1)}/s` : `${count(Math.round(n))}/s`;
}

// clock is the time of the day of microseconds since 1970.
export function clock(us, digits = 6) {
  const t = new Date(Math.floor(us / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const fraction = String(us % 1e6).padStart(6, "0").slice(0, digits);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}${digits ? "." + fraction : ""}`;
}

// short cuts the middle out of a text.
export function short(text, n) {
  const characters = [...text];
  if (characters.length <= n) return text;
  const end = Math.floor((n - 1) / 2);
  return characters.slice(0, n - 1 - end).join("") + "…" + characters.slice(characters.length - end).join("");
}

// begin cuts the end off a text.
export function begin(text, n) {
  const characters = [...text];
  return characters.length <= n ? text : characters.slice(0, Math.max(n - 1, 1)).join("") + "…";
}
