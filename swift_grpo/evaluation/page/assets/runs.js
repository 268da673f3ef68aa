// Runs or groups of runs: verdicts, tables, curves, findings, and the prompts that all groups have met.
const texts = new Texts({}, { rewards: [] }), charts = [], { groups, runs, prompts } = data, WIDE = 130, SEVERITIES = ["critical", "warn", "info"];
const COLORS = ["blue", "orange", "green", "purple", "sky", "yellow", "wrong"];
let current = null;

const swatch = (group) => s("svg", { viewBox: "0 0 24 12", class: `swatch c-${groups[group].color}`, "aria-hidden": "true" }, s("path", { class: `curve dash${groups[group].dash}`, d: "M1 6H23" }));
const named = ({ group, name }) => [swatch(group), plain(name)];
const duration = (seconds) => (seconds === null ? "–" : seconds < 100 ? `${Math.round(seconds)} s` : seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${show(seconds / 3600)} h`);
const having = (run, severity) => run.findings.filter(([one]) => one === severity).length;

// A dot and its interval as a line, on the scale that all outcomes of this measure share.
function interval({ outcome: one, group }) {
  if (!one || one.value === null) return "–";
  const all = [...groups, ...runs].map((other) => other.outcome).filter((other) => other && other.measure === one.measure).flatMap(({ value, low, high }) => [value, low, high]).filter((value) => value !== null);
  const least = Math.min(...all), span = Math.max(...all) - least || 1, x = (value) => 6 + ((value - least) / span) * (WIDE - 12), whole = one.low !== null && one.high !== null;
  return [s("svg", { viewBox: `0 0 ${WIDE} 14`, class: `interval c-${groups[group].color}`, "aria-hidden": "true" }, s("path", { class: "grid", d: `M0 7H${WIDE}` }),
    whole ? s("path", { class: "curve", d: `M${x(one.low)} 7H${x(one.high)}` }) : null, s("circle", { class: "dot", cx: x(one.value), cy: 7, r: 4.5 })),
  `${show(one.value)}${whole ? ` (${show(one.low)} to ${show(one.high)})` : ""} `, h("span", { class: "quiet" }, plain(one.measure))];
}

// A table that a click on a column's title sorts. `columns`: [title, cell of a row, what to sort by].
function sortable(columns, rows) {
  let by = null, way = 1;
  const body = h("tbody"), heads = columns.map((column) => h("th", { scope: "col", class: "left" }, h("button", { type: "button", onclick: () => { way = by === column ? -way : 1; by = column; draw(); } }, column[0])));
  const compare = (a, b) => (a === null) - (b === null) || way * (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
  function draw() {
    heads.forEach((head, k) => head.setAttribute("aria-sort", columns[k] !== by ? "none" : way > 0 ? "ascending" : "descending"));
    const sorted = by ? [...rows].sort((one, other) => compare(by[2](one), by[2](other))) : rows;
    body.replaceChildren(...sorted.map((row) => h("tr", null, ...columns.map(([, cell]) => h("td", { class: "left" }, cell(row))))));
  }
  draw();
  return h("div", { class: "scroll", tabindex: 0 }, h("table", null, h("thead", null, h("tr", null, ...heads)), body));
}

function tables() {
  const members = ({ group }) => runs.filter((run) => run.group === group).length;
  const pills = (run) => SEVERITIES.filter((one) => having(run, one)).flatMap((one) => [h("span", { class: `pill ${one}` }, `${having(run, one)} ${one}`), " "]);
  const reached = ["outcome", interval, (one) => one.outcome && one.outcome.value];
  const ofRuns = sortable([
    ["run", named, (run) => run.name], ["what differs", (run) => h("span", { title: plain(run.differs) }, plain(run.differs) || "–"), (run) => run.differs], ["seed", (run) => (run.seed === null ? "–" : String(run.seed)), (run) => run.seed],
    ["state", (run) => h("span", { title: plain(run.cause) }, run.state), (run) => run.state],
    ["steps", (run) => count(run.steps) + (run.of_steps === null ? "" : ` of ${count(run.of_steps)}`), (run) => run.steps],
    reached, ["time", (run) => duration(run.seconds), (run) => run.seconds],
    ["findings", (run) => (run.findings.length ? pills(run) : "none"), (run) => SEVERITIES.reduce((all, one) => 1000 * all + having(run, one), 0)],
  ], runs);
  return groups.length === runs.length ? [ofRuns] : [sortable([["group", named, (one) => one.name], ["runs", (one) => count(members(one)), members], reached], groups), ofRuns];
}

function curves() {
  for (const spec of data.curves.charts) {
    const chart = new Chart(undefined, (k) => charts.forEach((one) => one.point(k)));
    charts.push(chart);
    $("chart-grid").append(chart.card);
    chart.set({ ...spec, series: spec.series.map((one) => ({ ...groups[one.group], ...one })) }, data.curves.steps, data.curves.stretch);
  }
  $("measure").replaceChildren(h("option", { value: "" }, "all"), ...charts.map(({ spec }) => h("option", { value: spec.id }, plain(spec.title))));
  $("measure").addEventListener("input", () => charts.forEach((one) => { one.card.hidden = !["", one.spec.id].includes($("measure").value); }));
  const band = groups.length < runs.length ? ["A line is the mean of a group's runs. Its band goes from the lowest to the highest of them: it shows their spread and is not an interval of the mean."] : [];
  const early = runs.filter((run) => runs.some((one) => one.group === run.group && one.steps > run.steps)).map((run) => `${plain(run.name)} ends at step ${count(run.steps)}, before others of its group.`);
  $("curves-note").replaceChildren([...band, ...early, ...(data.curves.stretch > 1 ? [`Each point is the mean of ${data.curves.stretch} steps.`] : [])].join(" "));
}

function findings(run) {
  const lines = run.findings.map(([severity, check, title]) => h("li", null, h("span", { class: `pill ${severity}` }, severity), ` ${plain(title)} `, h("code", null, plain(check))));
  return h("article", { class: "finding" }, h("h3", null, ...named(run), h("code", null, plain(`swift-grpo inspect diagnose ${run.folder}`))), h("ul", null, ...(lines.length ? lines : [h("li", { class: "quiet" }, "No check found anything.")])));
}

const rate = ([solved, judged]) => (judged ? `${percent(solved / judged)}, ${count(solved)} of ${count(judged)}` : "not judged");
const rates = (row) => plain(row.rates.map((one, k) => `${groups[k].name} ${rate(one)}`).join("; "));

// Each group's solve rate as a dot between 0 and 1.
function dots(row) {
  const drawn = row.rates.map(([solved, judged], k) => (judged ? s("circle", { class: `dot c-${groups[k].color}`, cx: 6 + (solved / judged) * (WIDE - 12), cy: 7, r: 5 }) : null));
  return s("svg", { viewBox: `0 0 ${WIDE} 14`, class: "interval", role: "img", "aria-label": rates(row) }, s("path", { class: "grid", d: `M6 7H${WIDE - 6}` }), ...drawn);
}

function contains(row) {
  const said = row.runs.filter(Boolean).flatMap((one) => one.members).flatMap((one) => [one.text, one.thought, ...textsOf(one.trajectory)]);
  return [...row.prompt.turns, ...said].filter(Boolean).some((one) => (one.head + (one.tail || "")).toLowerCase().includes(sought));
}

function list() {
  sought = $("f-text").value.trim().toLowerCase();
  const found = prompts.rows.filter((row) => !sought || contains(row));
  $("list").replaceChildren(...(found.length ? found.map((row) => h("li", null, h("a", { href: `#p=${row.p}`, "data-p": row.p, title: rates(row), onclick: (event) => { event.preventDefault(); open(row); } },
    h("span", { class: "g", title: "difference of the groups' rates" }, percent(row.apart)), dots(row), h("span", { class: "what" }, plain(row.question))))) : [h("li", { class: "empty" }, "No prompt is like that.")]));
  if (found.length) open(found.includes(current) ? current : found[0]);
}

function open(row) {
  current = row;
  const column = (one, k) => {
    texts.about = runs[k];
    const few = one.members.length < one.n ? `, ${one.members.length} of ${one.n} completions` : "";
    return texts.column(one, ...named(runs[k]), h("span", { class: "quiet" }, ` step ${count(one.step)}${few}`));
  };
  const absent = runs.filter((_, k) => !row.runs[k]).map((run) => plain(run.name));
  $("group").replaceChildren(h("div", { class: "group-head" }, h("h3", null, "Solved in the whole run"), h("ul", { class: "legend" }, ...row.rates.map((one, k) => h("li", null, ...named(groups[k]), h("b", null, rate(one)))))),
    ...texts.prompt_of(row.prompt), h("p", { class: "gold-line" }, "Gold ", row.gold ? h("span", { class: "text gold" }, ...pieces(row.gold, null, null)) : "not in the log"),
    h("div", { id: "ends" }, ...row.runs.map((one, k) => one && column(one, k))), h("p", { class: "quiet" }, absent.length ? `Not met by ${absent.join(", ")}.` : ""));
  for (const link of $("list").querySelectorAll("a")) link.setAttribute("aria-current", link.dataset.p === row.p ? "true" : "false");
}

addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  event.preventDefault();
  $("f-text").focus();
});
groups.forEach((one, k) => Object.assign(one, { group: k, color: COLORS[k % COLORS.length], dash: k % 3 }));
document.title = `${runs.length} runs${groups.length < runs.length ? ` in ${groups.length} groups` : ""}`;
$("name").replaceChildren(document.title);
$("trust").replaceChildren(...data.verdicts.map((line) => h("p", null, plain(line))));
$("tables").replaceChildren(...tables());
curves();
$("finding-list").replaceChildren(...runs.map(findings));
const all = prompts.rows.length === prompts.in_common ? "" : ` The first ${count(prompts.rows.length)} are here.`;
$("prompts-note").replaceChildren(prompts.in_common ? `${count(prompts.in_common)} prompts that every group has met, the surest difference of solve rates first.${all}` : "The groups have no prompt in common (system prompt and template count).");
$("filters").addEventListener("input", list);
$("filters").addEventListener("submit", (event) => event.preventDefault());
for (const id of ["filters", "browser"]) $(id).hidden = !prompts.rows.length;
list();
document.documentElement.dataset.ready = "true";
