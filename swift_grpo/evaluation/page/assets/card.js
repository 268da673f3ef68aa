// A run's report card.

const sign = (value) => (value > 0 ? "+" : "");
const estimate = (value, f = () => "") => (value === null ? "–" : `${f(value[0])}${show(value[0])} (${f(value[1])}${show(value[1])} to ${f(value[2])}${show(value[2])})`);
const list = (pairs) => h("dl", null, ...pairs.flatMap(([name, text]) => [h("dt", null, plain(name)), h("dd", null, plain(text))]));

function stage(one, k) {
  const facts = [["from", one.model], ["on", one.datasets.join(", ") || "no data that args.json names"], ...Object.entries(one.settings), ["folder", one.folder]];
  return h("article", { class: "finding" }, h("h3", null, `${k + 1}. ${plain(one.what)}`), list(facts));
}

function compared(one) {
  const rows = one.measures.map((m) => [plain(m.name), estimate(m.before), estimate(m.after), estimate(m.by, sign), show(m.p)]);
  return h("article", { class: "finding" }, h("h3", null, plain(one.set), h("span", { class: "quiet" }, `${count(one.questions)} questions`)),
    table(["", "before, 95% interval", "after", "difference", "p"], rows, 1), h("p", { class: "quiet" }, plain(one.power)));
}

function side(name, one, gold) {
  const verdict = one.reason === "right" ? "right" : "wrong";
  return h("section", { class: `member ${verdict}` }, h("h4", null, name, h("span", { class: verdict === "right" ? "ok" : "no" }, plain(one.reason))),
    h("div", { class: "text body", tabindex: 0 }, ...pieces(one.text, null, gold, "c-grey")));
}

function text(one, title) {
  const [a, b] = one.rates, gold = one.gold.head;
  return h("article", { class: "finding" }, h("h3", null, `${title}: ${percent(a)} → ${percent(b)} of the samples are right`),
    h("div", { class: "text prompt", tabindex: 0 }, ...pieces(one.question, null, null)), h("p", { class: "gold-line" }, "Gold ", h("span", { class: "text gold" }, ...pieces(one.gold, null, null))),
    h("div", { class: "members" }, side("Before", one.sides[0], gold), side("After", one.sides[1], gold)));
}

function texts(one) {
  const shown = ["better", "worse"].flatMap((end) => (one[end].length ? one[end].map((t) => text(t, end === "better" ? "Better" : "Worse")) : [h("p", { class: "quiet" }, `No question got ${end}.`)]));
  return h("div", null, h("h3", null, plain(one.set)), ...shown);
}


document.title = `Report card: ${plain(data.name)}`;
$("name").replaceChildren(document.title);
$("verdicts").replaceChildren(...data.comparisons.map((one) => h("div", { class: "trust" }, h("p", null, `${plain(one.set)}: ${plain(one.verdict)}`))));
$("stages").replaceChildren(...data.stages.map(stage));
$("files").replaceChildren(data.data.length
  ? h("div", { class: "finding" }, table(["file", "made by", "rows"], data.data.map((one) => [plain(one.file), plain(one.made_by), Object.entries(one.counts).map(([name, n]) => `${plain(name)} ${count(n)}`).join(", ")]), 3))
  : h("p", { class: "quiet" }, "No manifest is known."));
$("measures").replaceChildren(...(data.comparisons.length ? data.comparisons.map(compared) : [h("p", { class: "quiet" }, "Not evaluated.")]));
for (const spec of data.curves.charts) {
  const chart = new Chart(() => {});
  $("chart-grid").append(chart.card);
  chart.set(spec, data.curves.steps, data.curves.stretch);
}
$("facts").replaceChildren(list(data.facts));
$("pairs").replaceChildren(...data.comparisons.map(texts));
$("versions").replaceChildren(plain(data.versions || "versions not known"));
$("commands").replaceChildren(...data.commands.map((one) => h("div", { class: "text prompt", tabindex: 0 }, plain(one))));
$("unknown").hidden = !data.missing.length;
$("missing").replaceChildren(...data.missing.map((one) => h("p", null, plain(one))));
document.documentElement.dataset.ready = "true";
