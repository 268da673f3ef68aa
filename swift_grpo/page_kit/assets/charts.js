// Line charts, stacked areas and bars, as SVG. Colours come from classes, so that themes and print apply.
const MOST_DOTS = 40; // of a connected line, whose points may lie far apart
const HEIGHT = 180, LEFT = 46, RIGHT = 12, TOP = 8, BOTTOM = 22;

const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const short = (value) => (Math.abs(value) >= 10000 ? COMPACT.format(value) : show(value));

function ticks(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

// A chart on a logarithmic axis has the logarithms of its values; values at or below 0 have none.
function logarithmic(spec) {
  const known = spec.series.flatMap((one) => one.values).filter((value) => value !== null);
  if (spec.kind !== "line" || spec.bounds || !known.some((value) => value > 0)) return spec;
  const logs = (values) => values && values.map((value) => (value !== null && value > 0 ? Math.log10(value) : null));
  const left = known.filter((value) => value <= 0).length, note = left ? `, ${count(left)} values at or below 0 not drawn` : "";
  const drawn = spec.series.map((one) => ({ ...one, values: logs(one.values), low: logs(one.low), high: logs(one.high) }));
  return { ...spec, log: drawn, unit: `${spec.unit} (logarithmic${note})` };
}

function logRange(series) {
  const all = series.flatMap((one) => [...one.values, ...(one.low || []), ...(one.high || [])]).filter((value) => value !== null);
  const low = Math.min(...all), high = Math.max(...all);
  return high - low < 0.1 ? [low - 0.5, high + 0.5] : [low - 0.04 * (high - low), high + 0.04 * (high - low)];
}

// [place, value] of the ticks between two logarithms: powers of ten, with 2 and 5 if there are few, equal steps if there is at most one.
function logTicks(low, high) {
  const every = Math.ceil((high - low) / 5), factors = high - low < 2.5 ? [1, 2, 5] : [1], found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    if (power % every === 0) for (const factor of factors) found.push([power + Math.log10(factor), factor * 10 ** power]);
  }
  const within = found.filter(([place]) => place >= low && place <= high);
  return within.length > 1 ? within : ticks(10 ** low, 10 ** high, 4).map((tick) => [Math.log10(tick), tick]);
}

function range(chart) {
  if (chart.bounds) return chart.bounds;
  let values = [];
  if (chart.kind === "stack") {
    for (const [low, high] of stack(chart).flat()) values.push(low, high);
    values.push(0);
  } else {
    for (const one of chart.series) values = values.concat(one.values, one.low || [], one.high || []);
  }
  values = values.filter((value) => value !== null);
  let low = values.reduce((a, b) => Math.min(a, b), Infinity);
  let high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low >= 0 && low < 0.6 * high) low = 0;
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const pad = 0.04 * (high - low);
  return [low === 0 ? 0 : low - pad, high === 0 ? 0 : high + pad];
}

// [low, high] of each series at each step; negative values are stacked downwards.
function stack(chart) {
  const up = chart.series[0].values.map(() => 0), down = [...up];
  return chart.series.map((one) => one.values.map((value, k) => {
    const base = (value || 0) < 0 ? down : up;
    base[k] += value || 0;
    return value < 0 ? [base[k], base[k] - value] : [base[k] - (value || 0), base[k]];
  }));
}

function path(points, connect) {
  let d = "", pen = false;
  for (const [x, y] of points) {
    d += y === null ? "" : `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = y !== null || (pen && connect);
  }
  return d;
}

function area(lows, highs) {
  const whole = lows.map((low, k) => [low, highs[k]]).filter(([low, high]) => low[1] !== null && high[1] !== null);
  if (!whole.length) return "";
  return `${path(whole.map((pair) => pair[1]))}L${path(whole.map((pair) => pair[0]).reverse()).slice(1)}Z`;
}

class Chart {
  constructor(onStep = () => {}, onPoint = (k) => this.point(k), onRange = () => {}) {
    Object.assign(this, { onStep, onPoint, onRange, from: null });
    this.legend = h("ul", { class: "legend" });
    this.title = h("h3");
    this.place = h("span", { class: "at" });
    this.svg = s("svg", {
      role: "img", tabindex: 0,
      onpointermove: (event) => this.onPoint(this.nearest(event)), onpointerleave: () => { this.from = null; this.onPoint(null); },
      onpointerdown: (event) => { this.from = this.nearest(event); }, onpointerup: (event) => this.release(this.nearest(event)),
      onkeydown: (event) => this.key(event), onblur: () => this.onPoint(null),
    });
    this.table = h("div", { class: "scroll", tabindex: 0 });
    this.details = h("details", { class: "data", ontoggle: () => this.fill() }, h("summary", null, "Data"), this.table);
    this.card = h("div", { class: "chart" }, this.title, this.legend, this.svg, this.details);
    new ResizeObserver(() => { if (this.card.clientWidth !== this.drawn) this.draw(); }).observe(this.card);
  }

  set(spec, steps, stretch) {
    Object.assign(this, { spec, steps, stretch, at: null });
    const found = (spec.marks || []).map((one) => h("a", { class: `pill ${one.severity}`, href: `#finding-${one.check}`, title: plain(one.title) }, one.check));
    this.card.id = `chart-${spec.id}`;
    this.title.replaceChildren(this.place, plain(spec.title), " ", ...found, h("span", { class: "unit" }, plain(spec.unit)));
    this.svg.setAttribute("aria-label", `${spec.title}. ${spec.series.map((one) => this.describe(one)).join(". ")}`);
    this.draw();
    this.fill();
  }

  describe(one) {
    const known = one.values.filter((value) => value !== null);
    return `${plain(one.name)}: first ${show(known[0])}, last ${show(known[known.length - 1])}`;
  }

  draw() {
    const width = this.card.clientWidth - 26;
    if (!this.spec || width < 80) return;
    this.drawn = this.card.clientWidth;
    const { steps, spec } = this, [low, high] = spec.log ? logRange(spec.log) : range(spec);
    const first = steps[0], span = steps[steps.length - 1] - first;
    this.x = (k) => (span ? LEFT + ((steps[k] - first) / span) * (width - LEFT - RIGHT) : (LEFT + width - RIGHT) / 2);
    const y = (value) => (value === null ? null : TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM));
    const parts = [];
    for (const [tick, value] of spec.log ? logTicks(low, high) : ticks(low, high, 4).map((tick) => [tick, tick])) {
      parts.push(s("path", { class: "grid", d: `M${LEFT} ${Math.round(y(tick))}H${width - RIGHT}` }));
      parts.push(s("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, short(value)));
    }
    const atX = ticks(first, first + span, Math.max(2, Math.floor(width / 70))).filter(Number.isInteger);
    for (const tick of span ? atX : [first]) {
      const x = span ? LEFT + ((tick - first) / span) * (width - LEFT - RIGHT) : this.x(0);
      parts.push(s("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, count(tick)));
    }
    parts.unshift(...this.marks(width - RIGHT, span));
    parts.push(...(spec.kind === "stack" ? this.areas(y) : this.lines(y)));
    this.cross = s("path", { class: "cross", d: "" });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.replaceChildren(...parts, this.cross);
    this.point(null);
  }

  // The findings of this chart, each from the step where it began to the step where it ended.
  marks(right, span) {
    const first = this.steps[0], last = this.steps[this.steps.length - 1];
    return (this.spec.marks || []).filter(({ from, to }) => from <= last && to >= first).map(({ severity, title, from, to }) => {
      const at = (step) => (span ? LEFT + ((Math.min(last, Math.max(first, step)) - first) / span) * (right - LEFT) : LEFT);
      const x = at(from), wide = Math.max(2, at(to) - x);
      return s("g", { class: `mark ${severity}` }, s("rect", { x, y: TOP, width: wide, height: HEIGHT - TOP - BOTTOM }), s("path", { d: `M${x} ${TOP}V${HEIGHT - BOTTOM}` }), s("title", null, plain(title)));
    });
  }

  lines(y) {
    const parts = [], { spec } = this;
    for (const [k, one] of (spec.log || spec.series).entries()) {
      const points = one.values.map((value, i) => [this.x(i), y(value)]);
      const group = s("g", { class: `c-${one.color}` });
      if (one.low) group.append(s("path", { class: "band", d: area(one.low.map((v, i) => [this.x(i), y(v)]), one.high.map((v, i) => [this.x(i), y(v)])) }));
      group.append(s("path", { class: `curve ${one.thin ? "thin" : `dash${one.dash ?? k}`}`, d: path(points, spec.connect) }));
      const known = points.filter((point) => point[1] !== null).length, few = known < MOST_DOTS && known < points.length && !one.thin;
      const alone = (i) => spec.connect ? few && points[i][1] !== null : points[i][1] !== null && !(points[i - 1] && points[i - 1][1] !== null) && !(points[i + 1] && points[i + 1][1] !== null);
      points.forEach(([x, py], i) => { if (alone(i)) group.append(s("circle", { class: "dot", cx: x, cy: py, r: 3 })); });
      parts.push(group);
    }
    return parts;
  }

  areas(y) {
    return stack(this.spec).map((bounds, k) => {
      const last = bounds.length - 1, between = (i) => (this.x(i - 1) + this.x(i)) / 2;
      const wide = bounds.flatMap(([low, high], i) => {
        const left = i > 0 ? between(i) : this.x(i) - (last ? 0 : 14), right = i < last ? between(i + 1) : this.x(i) + (last ? 0 : 14);
        return [[left, y(low), y(high)], [right, y(low), y(high)]];
      });
      const d = area(wide.map(([x, low]) => [x, low]), wide.map(([x, , high]) => [x, high]));
      return s("path", { class: `area c-${this.spec.series[k].color}`, d });
    });
  }

  nearest(event) {
    const box = this.svg.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * this.svg.viewBox.baseVal.width;
    let best = 0;
    for (let k = 1; k < this.steps.length; k++) if (Math.abs(this.x(k) - x) < Math.abs(this.x(best) - x)) best = k;
    return best;
  }

  point(k) {
    this.at = k;
    if (this.cross) {
      const from = this.from === null || k === null || this.from === k ? "" : `M${this.x(this.from)} ${TOP}V${HEIGHT - BOTTOM}M${this.x(this.from)} ${(TOP + HEIGHT - BOTTOM) / 2}H${this.x(k)}`;
      this.cross.setAttribute("d", k === null ? "" : `M${this.x(k)} ${TOP}V${HEIGHT - BOTTOM}${from}`);
    }
    const items = this.spec.series.filter((one) => !one.thin).map((one, i) => {
      let place = k;
      if (place === null) for (place = one.values.length - 1; place > 0 && one.values[place] === null; place--);
      const swatch = this.spec.kind === "stack" ? s("rect", { class: "dot", width: 12, height: 10, y: 1 })
        : s("path", { class: `curve dash${one.dash ?? i}`, d: "M1 6H23" });
      const wide = this.spec.kind === "stack" ? 12 : 24;
      const icon = s("svg", { viewBox: `0 0 ${wide} 12`, class: `c-${one.color}`, "aria-hidden": "true" }, swatch);
      const band = one.low && k !== null && one.low[place] !== null ? ` (${show(one.low[place])} to ${show(one.high[place])})` : "";
      return h("li", { class: wide === 12 ? "block" : null }, icon, h("span", { class: "name", title: plain(one.name) }, plain(one.name)), h("b", null, show(one.values[place]) + band));
    });
    const where = k === null ? this.steps[this.steps.length - 1] : this.steps[k];
    this.place.replaceChildren(`step ${count(where)}`);
    this.legend.replaceChildren(...items);
  }

  key(event) {
    const last = this.steps.length - 1, move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move) {
      this.onPoint(Math.min(last, Math.max(0, (this.at === null ? (move > 0 ? -1 : last + 1) : this.at) + move)));
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter") this.choose(this.at === null ? last : this.at);
  }

  // A drag selects a range of steps for all charts, a click one step's groups.
  release(k) {
    const from = this.from;
    this.from = null;
    if (from === null || Math.abs(k - from) < 2) this.choose(k);
    else this.onRange(Math.min(from, k), Math.max(from, k));
  }

  choose(k) {
    this.onStep(this.steps[k] - Math.floor(this.stretch / 2), this.steps[k] + Math.ceil(this.stretch / 2) - 1);
  }

  fill() {
    if (!this.details.open) return;
    const bands = (one) => (one.low ? ["low", "high"] : []);
    const head = this.spec.series.flatMap((one) => [plain(one.name), ...bands(one)]);
    const rows = this.steps.map((step, k) => [count(step), ...this.spec.series.flatMap((one) => [one.values, ...bands(one).map((b) => one[b])].map((v) => show(v[k])))]);
    this.table.replaceChildren(table([this.stretch > 1 ? `step (mean of ${this.stretch})` : "step", ...head], rows));
  }
}

// Shares or means by bin, the series side by side.
class Bars {
  constructor() {
    this.legend = h("ul", { class: "legend" });
    this.title = h("h3");
    this.place = h("span", { class: "at" });
    this.svg = s("svg", { role: "img", onpointermove: (event) => this.point(event), onpointerleave: () => this.read(null) });
    this.table = h("div", { class: "scroll", tabindex: 0 });
    this.card = h("div", { class: "chart" }, this.title, this.legend, this.svg, h("details", { class: "data" }, h("summary", null, "Data"), this.table));
    new ResizeObserver(() => { if (this.card.clientWidth !== this.drawn) this.draw(); }).observe(this.card);
  }

  set(spec) {
    this.spec = spec;
    this.title.replaceChildren(this.place, plain(spec.title), h("span", { class: "unit" }, plain(spec.unit)));
    this.svg.setAttribute("aria-label", `${spec.title}, ${spec.unit}; the table below has the numbers`);
    this.table.replaceChildren(table(["from", "to", ...spec.series.map((one) => plain(one.name))], spec.edges.slice(1).map((to, k) => [show(spec.edges[k]), show(to), ...spec.series.map((one) => show(one.values[k]))])));
    this.draw();
  }

  draw() {
    const width = this.card.clientWidth - 26, { spec } = this;
    if (!spec || width < 80) return;
    this.drawn = this.card.clientWidth;
    const all = spec.series.flatMap((one) => one.values).filter((value) => value !== null);
    const low = Math.min(0, ...all), high = Math.max(0, ...all) || 1, bins = spec.edges.length - 1, each = (width - LEFT - RIGHT) / bins;
    const y = (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM), parts = [];
    for (const tick of ticks(low, high, 4)) parts.push(s("path", { class: "grid", d: `M${LEFT} ${Math.round(y(tick))}H${width - RIGHT}` }), s("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, short(tick)));
    const every = Math.ceil(bins / Math.max(2, Math.floor(width / 70)));
    spec.edges.forEach((edge, k) => { if (k % every === 0) parts.push(s("text", { x: LEFT + k * each, y: HEIGHT - 6, "text-anchor": "middle" }, short(edge))); });
    const wide = each / spec.series.length;
    spec.series.forEach((one, i) => one.values.forEach((value, k) => {
      if (value) parts.push(s("rect", { class: `area c-${one.color}`, x: (LEFT + k * each + i * wide).toFixed(1), y: Math.min(y(value), y(0)).toFixed(1), width: wide.toFixed(1), height: Math.abs(y(value) - y(0)).toFixed(1) }));
    }));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.replaceChildren(...parts);
    this.read(null);
  }

  point(event) {
    const box = this.svg.getBoundingClientRect(), view = this.svg.viewBox.baseVal.width, bins = this.spec.edges.length - 1;
    const k = Math.floor((((event.clientX - box.left) / box.width) * view - LEFT) / ((view - LEFT - RIGHT) / bins));
    this.read(k >= 0 && k < bins ? k : null);
  }

  read(k) {
    const { spec } = this;
    this.place.replaceChildren(k === null ? "" : `${show(spec.edges[k])} to ${show(spec.edges[k + 1])}`);
    this.legend.replaceChildren(...spec.series.map((one) => h("li", { class: "block" }, s("svg", { viewBox: "0 0 12 12", class: `c-${one.color}`, "aria-hidden": "true" }, s("rect", { class: "dot", width: 12, height: 10, y: 1 })),
      h("span", { class: "name" }, plain(one.name)), k === null ? null : h("b", null, show(one.values[k])))));
  }
}
