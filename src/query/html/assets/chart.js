"use strict";

// What the charts share: elements, numbers, scales, axes and the note beside the pointer.

const data = JSON.parse(document.getElementById("data").textContent);

// Every chart that can show a group; pointing at one shows it in all.
const views = [];

function highlight(group) {
  for (const view of views) view(group);
}

// An element; text never becomes markup.
function element(name, attributes, ...children) {
  const svg = /^(svg|g|line|path|text|circle|rect|clipPath|defs|title)$/.test(name);
  const made = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("--")) made.style.setProperty(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children.map((child) => child ?? ""));
  return made;
}

// As the terminal shows it: four decimals, or a power of ten.
function text(value) {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "number") return typeof value === "string" ? value : JSON.stringify(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  return Math.abs(value) > 1e-3 && Math.abs(value) < 1e6
    ? value.toFixed(4)
    : value.toExponential(4).replace(/e([+-])(\d)$/, "e$10$2");
}

// A setting as it was written.
function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value ?? "-");
}

// The texts of ticks, in as few digits as tell each of them from its neighbors.
function tickTexts(values) {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  const powers = Math.max(...sizes) >= 1e6 || Math.min(...sizes) < 1e-4;
  const gap = values.slice(1).reduce((least, value, i) => Math.min(least, Math.abs(value - values[i])), Infinity);
  const write = (value, digits) =>
    value === 0 ? "0" : powers ? value.toExponential(digits) : String(Number(value.toPrecision(digits + 1)));
  const near = (value, digits) => Math.abs(Number(write(value, digits)) - value) <= Math.min(gap, Math.abs(value)) * 0.01;
  const enough = Array.from({ length: 16 }, (_, digits) => digits)
    .find((digits) => values.every((value) => near(value, digits)));
  return values.map((value) => write(value, enough ?? 16));
}

// The room that the texts of a vertical axis take, in pixels.
function axisWidth(texts) {
  return Math.max(58, 16 + 7 * Math.max(0, ...texts.map((word) => word.length)));
}

// Whether three quarters of the positive numbers lie in the lowest tenth of their range.
function squashed(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[0], sorted.at(-1)];
  return sorted.length >= 4 && low > 0 && sorted[Math.floor(sorted.length * 0.75)] - low < 0.1 * (high - low);
}

// The color of a rank: the first eight have their own.
function color(group) {
  return group < 8 ? `var(--c${group})` : "var(--other)";
}

function groupTitle(group) {
  return data.groups[group].label;
}

// From values to places; the ends are no point where all values are the same.
function scale(low, high, from, to, log) {
  const f = log ? Math.log10 : (x) => x;
  let [a, b] = [f(low), f(high)];
  if (a === b) [a, b] = [a - 0.5, b + 0.5];
  const place = (x) => from + ((f(x) - a) / (b - a)) * (to - from);
  place.ticks = (n) => (log ? logTicks(a, b, n) : linearTicks(a, b, n));
  return place;
}

function linearTicks(low, high, n) {
  const rough = (high - low) / Math.max(n, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

function logTicks(low, high, n) {
  const ticks = [];
  const steps = high - low < 1.5 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((high - low) / Math.max(n, 1)));
  for (let power = Math.floor(low); power <= high; power++) {
    if (power % every) continue;
    for (const step of steps) {
      const value = Math.log10(step) + power;
      if (low - 1e-9 <= value && value <= high + 1e-9) ticks.push(step * 10 ** power);
    }
  }
  return ticks;
}

// A note beside a place in `frame`, read aloud where the keyboard moved it.
function note(frame) {
  const tip = element("div", { class: "tip", role: "status", hidden: "" });
  frame.append(tip);
  return {
    show(x, y, title, lines) {
      tip.replaceChildren(element("b", {}, title), ...lines.flatMap((line) => [line, element("br")]));
      tip.hidden = false;
      const [width, height] = [tip.offsetWidth, tip.offsetHeight];
      const left = x + 14 + width > frame.clientWidth ? x - 14 - width : x + 14;
      tip.style.left = `${Math.max(0, left)}px`;
      tip.style.top = `${Math.max(0, y - height / 2)}px`;
    },
    hide() {
      tip.hidden = true;
    },
  };
}

// A group of which one is chosen.
function choice(legend, name, values, chosen, changed) {
  const set = element("fieldset", { "aria-label": legend });
  for (const value of values) {
    const input = element("input", { type: "radio", name, value });
    input.checked = value === chosen;
    input.addEventListener("change", () => changed(value));
    set.append(element("label", { class: "pick" }, input, element("span", {}, value)));
  }
  return set;
}

function check(label, checked, changed) {
  const input = element("input", { type: "checkbox" });
  input.checked = checked;
  input.addEventListener("change", () => changed(input.checked));
  return element("label", {}, input, ` ${label}`);
}

function select(label, values, chosen, changed) {
  const list = element("select", {});
  values.forEach((value, i) => list.append(element("option", { value: i }, value)));
  list.value = chosen;
  list.addEventListener("change", () => changed(Number(list.value)));
  return element("label", {}, `${label} `, list);
}

// Draws now, and again when there is another width.
function follow(frame, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth === width || frame.clientWidth < 100) return;
    width = frame.clientWidth;
    draw();
  }).observe(frame);
}

// The share, from 0 for the worst to 1 for the best, of each value among all.
function standing(values, rises) {
  const known = values.filter((value) => value !== null).sort((a, b) => (rises ? a - b : b - a));
  return values.map((value) =>
    value === null ? 0 : known.length < 2 ? 1 : known.indexOf(value) / (known.length - 1));
}

// Lets the arrow keys walk through `n` things, and Escape leave them.
function walk(svg, n, show, hide) {
  let at = -1;
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") return hide();
    if (!step || !n) return;
    event.preventDefault();
    at = at < 0 ? 0 : (at + step + n) % n;
    show(at);
  });
  svg.addEventListener("blur", hide);
}
