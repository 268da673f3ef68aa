// Two evaluations: the differences, each question as a point, and its texts side by side.
const SIDE = 300, EDGE = 44, GAP = 14;
let place = null, current = null;

const signed = (value) => (value === null ? "–" : `${value > 0 ? "+" : ""}${show(value)}`);

// Points of `data.points`, whose columns `x` and `y` are drawn from 0 to `top`.
function scatter(title, unit, x, y, top) {
  const at = (value) => (value / top) * (SIDE - EDGE - GAP), px = (value) => EDGE + at(value), py = (value) => SIDE - EDGE - at(value);
  const spots = new Map();
  data.points.forEach((point, k) => {
    if (point[x] === null || point[y] === null) return;
    const name = `${Math.round(at(point[x]) / 4)} ${Math.round(at(point[y]) / 4)}`;
    if (!spots.has(name)) spots.set(name, { members: [], x: 0, y: 0 });
    const spot = spots.get(name);
    spot.members.push(k);
    spot.x += point[x];
    spot.y += point[y];
  });
  const parts = [0, top / 2, top].flatMap((tick) => [
    s("path", { class: "grid", d: `M${px(tick)} ${py(0)}V${py(top)}M${px(0)} ${py(tick)}H${px(top)}` }),
    s("text", { x: px(tick), y: SIDE - EDGE + 16, "text-anchor": "middle" }, show(tick)), s("text", { x: EDGE - 6, y: py(tick) + 4, "text-anchor": "end" }, show(tick))]);
  parts.push(s("path", { class: "cross", d: `M${px(0)} ${py(0)}L${px(top)} ${py(top)}` }), s("text", { x: px(top / 2), y: SIDE - 8, "text-anchor": "middle" }, "A"), s("text", { x: 10, y: py(top / 2), "text-anchor": "middle" }, "B"));
  for (const spot of spots.values()) {
    const n = spot.members.length, a = spot.x / n, b = spot.y / n, better = x === 0 ? (b > a ? "right" : b < a ? "wrong" : "grey") : "blue";
    const choose = () => { place = new Set(spot.members); $("f-place").hidden = false; $("f-place").replaceChildren(`× ${title}: ${count(n)} at ${show(a)}, ${show(b)}`); list(); $("groups").scrollIntoView(); };
    const radius = Math.max(2.5, Math.min(16, 2.5 * Math.sqrt(n))), label = `${count(n)} question${n > 1 ? "s" : ""}: A ${show(a)}, B ${show(b)}`;
    parts.push(s("g", { class: `c-${better}` }, s("circle", { class: "dot", cx: px(a), cy: py(b), r: radius, "fill-opacity": 0.65, tabindex: 0, role: "button", "aria-label": label, onclick: choose, onkeydown: (event) => { if (event.key === "Enter") choose(); } }, s("title", null, label))));
  }
  return h("div", { class: "chart" }, h("h3", null, title, h("span", { class: "unit" }, unit)), s("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "group", "aria-label": title }, ...parts));
}

function matches(one, k) {
  const [a, b] = data.points[k], kind = $("f-kind").value, text = $("f-text").value.trim().toLowerCase();
  if (place && !place.has(k)) return false;
  if (kind && kind !== (one.flipped ? (b > a ? "gained" : "lost") : a === b ? "same" : "")) return false;
  return !text || [one.question.head, ...one.sides.flat().map((member) => member.text.head + (member.text.tail || ""))].join("\n").toLowerCase().includes(text);
}

function list() {
  const found = data.questions.map((one, k) => [one, k]).filter(([one, k]) => matches(one, k));
  $("list").replaceChildren(...(found.length ? found.map(([one, k]) => {
    const [a, b] = data.points[k];
    return h("li", null, h("a", { href: `#q=${one.id}`, "data-k": k, "aria-current": k === current ? "true" : "false", onclick: (event) => { event.preventDefault(); open(k); } },
      h("span", { class: "g" }, `${percent(a)}→${percent(b)}`), h("span", { class: b > a ? "ok" : b < a ? "no" : "quiet" }, one.flipped ? (b > a ? "solved by B" : "lost by B") : ""), h("span"),
      h("span", { class: "what" }, plain(one.question.head.slice(0, 200)))));
  }) : [h("li", { class: "empty" }, "No question is like that.")]));
  if (found.length && !found.some(([, k]) => k === current)) open(found[0][1]);
}

function member(one, gold) {
  const verdict = one.right === null ? "" : one.right ? "right" : "wrong", answer = one.answer ? one.answer.head : null;
  return h("section", { class: `member ${verdict}` },
    h("h4", null, `#${one.index}`, h("span", { class: one.right ? "ok" : "no" }, plain(one.reason))), h("div", { class: "sub" }, one.tokens === null ? "" : `${count(one.tokens)} tokens`),
    h("p", { class: "final" }, answer ? h("mark", { class: `c-${verdict || "grey"}` }, ...pieces(one.answer, null, null)) : h("span", { class: "no" }, "No final answer")),
    h("div", { class: "text body", tabindex: 0 }, ...pieces(one.text, answer, gold, `c-${verdict || "grey"}`)));
}

function open(k) {
  current = k;
  const one = data.questions[k], [a, b] = data.points[k], gold = one.gold.head;
  const side = (name, members) => h("div", null, h("h3", null, name), h("div", { id: "members" }, ...members.map((m) => member(m, gold))));
  $("group").replaceChildren(
    h("div", { class: "group-head" }, h("h3", null, `A ${show(a)}, B ${show(b)}`)), h("div", { class: "text prompt", tabindex: 0 }, ...pieces(one.question, null, null)),
    h("p", { class: "gold-line" }, "Gold ", h("span", { class: "text gold" }, ...pieces(one.gold, null, null))),
    side(`A, ${plain(data.a)}`, one.sides[0]), side(`B, ${plain(data.b)}`, one.sides[1]));
  for (const link of $("list").querySelectorAll("a")) link.setAttribute("aria-current", Number(link.dataset.k) === k ? "true" : "false");
  history.replaceState(null, "", `#q=${one.id}`);
}

$("filters").addEventListener("input", list);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => { place = null; $("f-place").hidden = true; setTimeout(list); });
$("f-place").addEventListener("click", () => { place = null; $("f-place").hidden = true; list(); });
addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  event.preventDefault();
  $("f-text").focus();
});

document.title = `${plain(data.b)} against ${plain(data.a)}`;
$("name").replaceChildren(document.title);
$("about").replaceChildren(`A ${plain(data.a)} · B ${plain(data.b)} · ${plain(data.set)} · ${count(data.points.length)} questions`);
$("trust").className = `trust${data.bad ? " bad" : ""}`;
$("trust").replaceChildren(...[data.verdict, ...data.notes].map((line) => h("p", null, plain(line))));
$("measures").replaceChildren(table(["", "difference", "95% interval", "p", "test", "questions"],
  data.measures.map((one) => [plain(one.name), signed(one.value), `${signed(one.low)} to ${signed(one.high)}`, show(one.p), one.test, count(one.questions)]), 1));
const longest = Math.max(1, ...data.points.flatMap((point) => [point[2] || 0, point[3] || 0]));
$("chart-grid").replaceChildren(scatter("Solved", "share of a question's samples", 0, 1, 1), ...(data.points.some((point) => point[2] !== null) ? [scatter("Length", "mean tokens of a question's samples", 2, 3, longest)] : []));
$("groups-note").replaceChildren(data.questions.length < data.points.length ? `texts of ${count(data.questions.length)} of ${count(data.points.length)} questions, those that changed most first` : `all ${count(data.points.length)} questions, those that changed most first`);
const linked = data.questions.findIndex((one) => location.hash === `#q=${one.id}`);
list();
if (linked >= 0) open(linked);
document.documentElement.dataset.ready = "true";
