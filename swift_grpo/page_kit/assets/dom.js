// Elements and texts. Text from the log becomes text nodes only: nothing here parses markup.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

function show(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
const count = (n) => n.toLocaleString("en-US");
const percent = (share) => (share === null ? "–" : `${Math.round(100 * share)}%`);

// Characters that are invisible or reorder the text are shown as their code.
const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const MOST_CODES = 2000; // elements for them in one text; beyond, their code is plain text
const NAMES = {
  0x00ad: "soft hyphen", 0x200b: "zero width space", 0x200c: "zero width non-joiner", 0x200d: "zero width joiner",
  0x200e: "left-to-right mark", 0x200f: "right-to-left mark", 0x2028: "line separator", 0x2029: "paragraph separator",
  0x202a: "left-to-right embedding", 0x202b: "right-to-left embedding", 0x202c: "pop directional formatting",
  0x202d: "left-to-right override", 0x202e: "right-to-left override", 0x2066: "left-to-right isolate",
  0x2067: "right-to-left isolate", 0x2068: "first strong isolate", 0x2069: "pop directional isolate", 0xfeff: "byte order mark",
  0x1b: "escape", 0x0d: "carriage return", 0x00: "null", 0x08: "backspace",
};
const code = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

function plain(text) {
  return text.replace(HIDDEN, (character) => `⟨${code(character)}⟩`);
}

// Formulas by their source in the text: [tag, attributes, children], built node by node, as in swift_grpo/rollouts/page/formulas.py.
const MATHML = "http://www.w3.org/1998/Math/MathML";
const FORMULA = /\$\$[^$]{1,400}?\$\$|\\\[.{1,400}?\\\]|\\\(.{1,400}?\\\)|(?<![\\$\p{L}\p{N}_])\$(?=[^\s${])[^$\n`]{0,200}?[^\s$\\`]\$(?![\p{L}\p{N}_$])/gsu;
let formulas = new Map(), drawn = true;

function formula([tag, attributes, children]) {
  return build(document.createElementNS(MATHML, tag), attributes, children.map((child) => (typeof child === "string" ? plain(child) : formula(child))));
}

function visible(text) {
  const nodes = [];
  let end = 0;
  for (const match of drawn && formulas.size ? text.matchAll(FORMULA) : []) {
    const tree = formulas.get(match[0]);
    if (!tree) continue;
    nodes.push(...coded(text.slice(end, match.index)), h("span", { class: "math", title: plain(match[0]) }, formula(tree)));
    end = match.index + match[0].length;
  }
  nodes.push(...coded(text.slice(end)));
  return nodes;
}

// Where the formulas of a text are.
function setIn(text) {
  if (!drawn || !formulas.size) return [];
  return [...text.matchAll(FORMULA)].filter((match) => formulas.has(match[0])).map((match) => [match.index, match.index + match[0].length]);
}

function coded(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (nodes.length > 2 * MOST_CODES) break;
    if (match.index > end) nodes.push(text.slice(end, match.index));
    nodes.push(h("span", { class: "code", title: NAMES[match[0].codePointAt(0)] || "invisible character" }, code(match[0])));
    end = match.index + match[0].length;
  }
  if (end < text.length) nodes.push(plain(text.slice(end)));
  return nodes;
}

// A text with the final answer and the gold marked. `marks`: [start, end, class] that do not overlap, in order.
function marked(text, marks) {
  const nodes = [];
  let end = 0;
  for (const [start, stop, name, title] of marks) {
    nodes.push(...visible(text.slice(end, start)), h("mark", { class: name, title }, ...visible(text.slice(start, stop))));
    end = stop;
  }
  nodes.push(...visible(text.slice(end)));
  return nodes;
}

const MOST_GOLDS = 30;
const JOINS = /[\p{L}\p{N}_]/u;

function findMarks(text, answer, gold, answerClass) {
  const marks = [];
  const set = setIn(text), at = answer ? text.lastIndexOf(answer) : -1;
  if (at >= 0) marks.push([at, at + answer.length, `answer ${answerClass}`, "final answer"]);
  if (gold && gold !== answer && gold.length <= 300) {
    for (let k = text.indexOf(gold), n = 0; k >= 0 && n < MOST_GOLDS; k = text.indexOf(gold, k + gold.length), n++) {
      const stop = k + gold.length;
      const joined = JOINS.test(text[k - 1] || "") || JOINS.test(text[stop] || "");
      const overlaps = at >= 0 && k < at + answer.length && stop > at;
      const within = set.some(([start, end]) => k >= start && stop <= end); // a mark would break the formula
      if (!joined && !overlaps && !within) marks.push([k, stop, "c-green", "the gold"]);
    }
  }
  return withSought(text, marks.sort((one, other) => one[0] - other[0]));
}

let sought = ""; // what the reader searches for, in lower case
const MOST_HITS = 200;

// Where the sought text is outside of other marks.
function withSought(text, marks) {
  if (!sought) return marks;
  const lower = text.toLowerCase(), hits = [];
  if (lower.length !== text.length) return marks; // a few letters change their length, which would shift the places
  for (let k = lower.indexOf(sought); k >= 0 && hits.length < MOST_HITS; k = lower.indexOf(sought, k + sought.length)) {
    const stop = k + sought.length;
    if (!marks.some(([start, end]) => k < end && stop > start)) hits.push([k, stop, "hit", "found"]);
  }
  return marks.concat(hits).sort((one, other) => one[0] - other[0]);
}

// `piece`: {head, out, tail}, where out is the number of characters left out between.
function pieces(piece, answer, gold, answerClass, whole) {
  const nodes = [];
  if (!piece.out) return marked(piece.head, findMarks(piece.head, answer, gold, answerClass));
  nodes.push(...marked(piece.head, findMarks(piece.head, null, gold, answerClass)));
  const size = piece.head.length + piece.out + piece.tail.length;
  const note = `… ${count(piece.out)} of ${count(size)} characters left out …`;
  nodes.push("\n", h("span", { class: "out" }, note), whole ? h("button", { type: "button", onclick: whole }, "Show all") : null, "\n");
  nodes.push(...marked(piece.tail, findMarks(piece.tail, answer, gold, answerClass)));
  return nodes.filter((node) => node !== null);
}

// The first `left` columns are left-aligned words.
function table(head, rows, left = 0) {
  const cells = (row, tag) => row.map((value, k) => h(tag, { class: k < left ? "left" : null, scope: tag === "th" ? "col" : null }, value));
  return h("table", null, h("thead", null, h("tr", null, ...cells(head, "th"))), h("tbody", null, ...rows.map((row) => h("tr", null, ...cells(row, "td")))));
}

// Light, dark, or as in the system settings.
const THEMES = ["auto", "light", "dark"];
function theme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").replaceChildren(`Theme: ${name}`);
  try { localStorage.setItem("theme", name); } catch { /* no storage for this page */ }
}
function nextTheme() {
  const now = document.documentElement.dataset.theme || "auto";
  theme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
}
try { theme(THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto"); } catch { theme("auto"); }
$("theme").addEventListener("click", nextTheme);
