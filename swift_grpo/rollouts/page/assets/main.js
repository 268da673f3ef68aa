// Assembles the page, updates it from a server if there is one, and handles keys.
const browser = new Browser(data.live ? new Server() : new Sample(data.sample), data);
const charts = new Map();
const heat = new Heat((prompt, [first, last]) => browser.set(first, last, prompt), (prompt) => browser.endsOfPrompt(prompt));
let looks = [], looked = -1;

function fill(data) {
  const { run } = data;
  document.title = `${plain(run.name)} · rollouts`;
  $("name").replaceChildren(plain(run.name));
  $("name").title = plain(run.path);
  $("about").replaceChildren(run.steps ? `steps ${count(run.steps[0])} to ${count(run.steps[1])} · ${count(run.completions)} completions of ${count(run.prompts)} prompts in ${count(run.groups)} groups` : "No training completions in the log yet.");
  $("trust").className = `trust${data.trust.bad ? " bad" : ""}`;
  $("trust").replaceChildren(...data.trust.lines.map((line) => h("p", null, plain(line))));
  if (data.findings) fillFindings(data);
  else $("verdict").replaceChildren("the diagnosis is running …");
  fillCharts();
  fillAbout(data);
  fillCheckpoints(data);
  fillEvaluations(data);
  $("prompts").hidden = !data.heat;
  if (data.heat) {
    if (!heat.card.isConnected) $("heat").append(heat.card);
    heat.set(data.heat);
  }
  const shown = data.live ? "" : `A sample of ${count(data.sample.length)} of ${count(run.groups)} groups: those that findings link to, and a random draw from each stretch of the run and each outcome. `;
  $("groups-note").replaceChildren(data.sample && data.sample.length === run.groups ? `all ${count(run.groups)} groups` : shown, data.live ? `all ${count(run.groups)} groups of the log` : "");
}

function fillFindings(data) {
  const real = data.findings.filter((one) => one.severity !== "skipped"), skipped = data.findings.filter((one) => one.severity === "skipped");
  $("verdict").replaceChildren(plain(data.verdict));
  looks = real.flatMap((one) => one.look);
  const titles = new Map(data.curves.charts.map((chart) => [chart.id, chart.title]));
  const rollouts = (one) => one.look.map((where) => h("a", { href: `#g=${where}` }, where));
  const curve = (one) => (titles.has(one.chart) ? [h("a", { href: `#chart-${one.chart}`, onclick: () => addChart(one.chart) }, plain(titles.get(one.chart)))] : []);
  const links = (name, nodes) => (nodes.length ? [h("dt", null, name), h("dd", null, ...nodes)] : []);
  const nodes = real.map((one) => h("div", { class: "finding", id: `finding-${one.check}` },
    h("h3", null, h("span", { class: `pill ${one.severity}` }, one.severity), plain(one.title), h("code", null, one.check)),
    h("dl", null, ...[["since", one.began === null ? "" : `step ${one.began}${one.ended === null ? "" : ` to ${one.ended}`}`], ["evidence", one.evidence], ["threshold", one.threshold], ["fix", one.fix], ["follows from", one.follows_from]]
      .filter(([, value]) => value).flatMap(([name, value]) => [h("dt", null, name), h("dd", null, plain(value))]),
    ...links("curve", curve(one)), ...links("look at", rollouts(one)))));
  if (skipped.length) nodes.push(h("details", { class: "finding" }, h("summary", null, `${skipped.length} checks skipped: their data is not in the log`),
    h("dl", null, ...skipped.flatMap((one) => [h("dt", null, h("code", null, one.check)), h("dd", null, plain(one.title))]))));
  if (!nodes.length) nodes.push(h("p", { class: "quiet" }, "No check found anything."));
  $("finding-list").replaceChildren(...nodes);
}

// The configuration; with several runs, the settings in which they differ.
function fillAbout(data) {
  const { others, run } = data;
  $("configuration").hidden = !run.settings.length;
  $("configuration").replaceChildren(h("summary", null, `Configuration: ${plain(run.brief)}`), h("dl", null, ...run.settings.flatMap(([name, value]) => [h("dt", null, plain(name)), h("dd", null, plain(value))])));
  $("others").hidden = !others;
  if (!others) return;
  const rows = others.settings.map(([name, values]) => [h("code", null, `--${plain(name)}`), ...values.map((value) => plain(value))]);
  $("others").replaceChildren(h("p", null, `The curves show ${others.names.length} runs together; findings, prompts and groups are of ${plain(others.names[0])}.`),
    rows.length ? h("div", { class: "scroll" }, table(["setting that differs", ...others.names.map((name) => plain(name))], rows, others.names.length + 1)) : h("p", { class: "quiet" }, "No setting in args.json differs, or a run has none."));
}

// The results of `swift-grpo eval` next to the run, for example before and after it.
function fillEvaluations(data) {
  $("evaluations").hidden = !data.evaluations.length;
  const rows = data.evaluations.map((one) => [plain(one.stage), plain(one.model) || "–", plain(one.set), plain(one.name), show(one.value), `${show(one.low)} to ${show(one.high)}`]);
  $("evaluation-table").replaceChildren(table(["stage", "model", "set", "measure", "value", "95% interval"], rows, 4));
}

function fillCheckpoints(data) {
  const saved = data.checkpoints, best = saved.find((one) => one.best);
  $("checkpoints").hidden = !saved.length;
  const which = best && ["evaluation", "solved", "reward"].find((name) => best[name] !== null);
  $("checkpoint-note").replaceChildren(best ? `To go back to: ${plain(best.name)}, the highest ${which}.` : "The log has no reward or evaluation for them.");
  const measure = saved.map((one) => one.measure).find(Boolean) || "evaluation";
  const rows = saved.map((one) => [one.best ? h("b", null, plain(one.name)) : plain(one.name), show(one.reward), show(one.solved), show(one.evaluation)]);
  $("checkpoint-table").replaceChildren(table(["checkpoint", "reward", "solved", plain(measure)], rows, 1));
}

const view = { smooth: 1, log: false, first: 0, last: Infinity, added: new Set() };

// Shows a chart from the menu, so that a link to it works.
function addChart(id) {
  view.added.add(id);
  fillCharts();
}

// A moving mean over this many points, of the known values.
function smoothed(values, points) {
  if (points < 2) return values;
  const half = points >> 1;
  return values.map((value, k) => {
    const known = values.slice(Math.max(0, k - half), k + half + 1).filter((one) => one !== null);
    return value === null || !known.length ? value : known.reduce((a, b) => a + b, 0) / known.length;
  });
}

function seen(spec) {
  const cut = (values) => values && values.slice(view.first, view.last + 1);
  const series = spec.series.map((one) => {
    const values = spec.kind === "stack" ? one.values : smoothed(one.values, view.smooth);
    return one.low && view.smooth < 2 ? { ...one, values: cut(values), low: cut(one.low), high: cut(one.high) } : { ...one, values: cut(values), low: undefined, high: undefined };
  });
  const marks = (data.findings || []).filter((one) => one.chart === spec.id && one.severity !== "skipped" && one.severity !== "info" && one.began !== null)
    .map((one) => ({ check: one.check, severity: one.severity, title: one.title, from: one.began, to: one.ended === null ? Infinity : one.ended }));
  const shown = { ...spec, marks, series: series.filter((one) => one.values.some((value) => value !== null)) };
  return view.log ? logarithmic(shown) : shown;
}

function zoom(first, last) {
  Object.assign(view, { first: view.first + first, last: view.first + last });
  fillCharts();
}

function fillBars(spec) {
  if (!charts.has(spec.id)) {
    charts.set(spec.id, new Bars());
    $("bar-grid").append(charts.get(spec.id).card);
  }
  charts.get(spec.id).set(spec);
}

function fillCharts() {
  const { curves } = data, notes = curves.note ? [plain(curves.note)] : [];
  const more = curves.charts.filter((spec) => spec.more), steps = curves.steps.slice(view.first, view.last + 1);
  $("add").replaceChildren(h("option", { value: "" }, `add a curve: ${count(more.length)} more keys`), ...more.filter((spec) => !view.added.has(spec.id)).map((spec) => h("option", { value: spec.id }, plain(spec.title))));
  $("add").hidden = !more.length;
  $("whole").hidden = view.last === Infinity;
  for (const spec of data.distributions) fillBars(spec);
  if (curves.stretch > 1) notes.push(`Each point is the mean of ${curves.stretch} steps.`);
  if (curves.absent.length) notes.push(`Not in this log: ${curves.absent.map((one) => `${one.title} (${plain(one.needs)})`).join(", ")}.`);
  $("curves-note").replaceChildren(notes.join(" "));
  for (const spec of curves.charts.filter((one) => !one.more || view.added.has(one.id))) {
    if (!charts.has(spec.id)) {
      charts.set(spec.id, new Chart((first, last) => browser.set(first, last), pointAll, zoom));
      $("chart-grid").append(charts.get(spec.id).card);
    }
    const shown = seen(spec), chart = charts.get(spec.id);
    chart.card.hidden = !shown.series.length; // no values in the selected range
    if (shown.series.length) chart.set(shown, steps, curves.stretch);
  }
}

function pointAll(k) {
  for (const chart of charts.values()) if (chart instanceof Chart && chart.spec) chart.point(k);
}

function look(by) {
  if (!looks.length) return;
  looked = (looked + by + looks.length) % looks.length;
  const [step, group, member] = looks[looked].split(":");
  browser.open(`${step}:${group}`, member, true);
}

const KEYS = {
  j: () => browser.move(1), ArrowRight: () => browser.move(1), k: () => browser.move(-1), ArrowLeft: () => browser.move(-1),
  n: () => look(1), p: () => look(looked < 0 ? 0 : -1), t: () => browser.fold(), m: () => browser.setFormulas(), d: nextTheme, "/": () => $("f-text").focus(), "?": () => $("help").showModal(),
};
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.activeElement === $("f-text")) {
    if ($("f-text").value) { $("f-text").value = ""; browser.load(0); }
    return $("f-text").blur();
  }
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || $("help").open;
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return null;
  event.preventDefault();
  return KEYS[event.key]();
});

// Asks the server every second whether the log grew.
async function poll() {
  try {
    const fresh = await browser.source.fetch(`api/state?seen=${data.version}`);
    $("live").classList.remove("lost");
    if (fresh.version !== data.version) {
      Object.assign(data, fresh);
      fill(data);
      await browser.load(browser.offset);
    }
    $("live").replaceChildren(`live${data.run.steps ? `, step ${count(data.run.steps[1])}` : ""}`);
  } catch {
    $("live").classList.add("lost");
    $("live").replaceChildren("the server does not answer");
  }
  setTimeout(poll, 1000);
}

async function start() {
  $("smooth").addEventListener("input", () => { view.smooth = Number($("smooth").value); fillCharts(); });
  $("axis").addEventListener("input", () => { view.log = $("axis").value === "log"; fillCharts(); });
  $("add").addEventListener("input", () => { if ($("add").value) addChart($("add").value); });
  $("whole").addEventListener("click", () => { Object.assign(view, { first: 0, last: Infinity }); fillCharts(); });
  $("help-open").addEventListener("click", () => $("help").showModal());
  if (data.live) {
    history.replaceState(null, "", location.pathname + location.hash); // the token leaves the address bar
    $("live").hidden = false;
  }
  fill(data);
  await browser.load(0);
  if (!(await browser.follow()) && browser.rows.length) {
    const group = await browser.source.group(browser.rows[0].g);
    browser.current = group;
    if (group) $("group").replaceChildren(...browser.draw(group));
    browser.mark();
  }
  if (data.live) poll();
  document.documentElement.dataset.ready = "true";
}
start();
