const ROW = 16;

class Heat {
  constructor(onCell, onPrompt) {
    Object.assign(this, { onCell, onPrompt });
    this.readout = h("li");
    this.note = h("span");
    this.legend = h("ul", { class: "legend" }, h("li", null, this.note), this.readout);
    this.svg = s("svg", {
      role: "img", onpointermove: (event) => this.read(event.target), onpointerleave: () => this.read(null),
      onclick: (event) => { const cell = this.cell(event.target); if (cell) this.onCell(this.heat.prompts[cell[0]], this.heat.columns[cell[1]]); },
    });
    this.table = h("div", { class: "scroll", tabindex: 0 });
    this.details = h("details", { class: "data", ontoggle: () => this.fill() }, h("summary", null, "Data"), this.table);
    this.card = h("div", { class: "chart" }, this.legend, this.svg, this.details);
    new ResizeObserver(() => { if (this.card.clientWidth !== this.drawn) this.draw(); }).observe(this.card);
  }

  set(heat) {
    this.heat = heat;
    const shown = heat.prompts.length;
    const once = heat.prompts.every((prompt) => prompt.visits === 1);
    const rows = shown === heat.of ? `all ${count(shown)} prompts` : `${shown} of ${count(heat.of)} prompts${once ? "" : ", the most frequent ones"}`;
    const order = once ? "each came once, earliest first" : "lowest first";
    const scale = s("svg", { viewBox: "0 0 154 12", "aria-hidden": "true" }, ...Array.from({ length: 11 }, (_, k) => s("rect", { class: `q q${k}`, x: 14 * k, width: 14, height: 12 })));
    this.note.replaceChildren(`${heat.what}, ${rows}, ${order} `, h("span", { class: "scale" }, show(heat.low), scale, show(heat.high)));
    this.svg.setAttribute("aria-label", `Heat map: ${heat.what} of ${shown} prompts over the steps; the table below has the numbers`);
    this.draw();
    this.fill();
  }

  draw() {
    const width = this.card.clientWidth - 26, { heat } = this;
    if (!heat || width < 80) return;
    this.drawn = this.card.clientWidth;
    const left = Math.min(310, width * 0.4), each = (width - left) / heat.columns.length, height = heat.prompts.length * ROW;
    const letters = Math.floor(left / 6.6), parts = [];
    heat.prompts.forEach((prompt, k) => {
      const label = plain(prompt.label), shown = label.length > letters ? `${label.slice(0, letters - 1)}…` : label;
      const open = () => this.onPrompt(prompt), key = (event) => { if (event.key === "Enter") open(); };
      parts.push(s("text", { class: "label", x: 0, y: k * ROW + 12, role: "button", tabindex: 0, onclick: open, onkeydown: key }, shown, s("title", null, label)));
    });
    heat.cells.forEach(([row, column, value], k) => {
      const level = Math.round((10 * (value - heat.low)) / (heat.high - heat.low || 1));
      parts.push(s("rect", { class: `cell q q${level}`, x: (left + column * each).toFixed(1), y: row * ROW, width: each.toFixed(1), height: ROW, "data-k": k }));
    });
    const every = Math.ceil(heat.columns.length / Math.max(1, Math.floor((width - left) / 70)));
    heat.columns.forEach(([first, last], k) => {
      if (k % every === 0) parts.push(s("text", { x: left + (k + 0.5) * each, y: height + 15, "text-anchor": "middle" }, first === last ? count(first) : `${count(first)}–${count(last)}`));
    });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height + 22}`);
    this.svg.replaceChildren(...parts);
    this.read(null);
  }

  cell(target) {
    const k = target && target.getAttribute("data-k");
    return k === null || k === undefined ? null : this.heat.cells[Number(k)];
  }

  read(target) {
    const cell = this.cell(target), { heat } = this;
    if (!cell) return this.readout.replaceChildren("point at a cell to read it, click it for its groups; click a prompt for its first and last answers");
    const [row, column, value, n] = cell, [first, last] = heat.columns[column];
    const steps = first === last ? `step ${count(first)}` : `steps ${count(first)} to ${count(last)}`;
    return this.readout.replaceChildren(h("b", null, show(value)), ` · ${n} completions · ${steps} · ${plain(heat.prompts[row].label)}`);
  }

  fill() {
    if (!this.details.open) return;
    const { heat } = this, by = new Map(heat.cells.map(([row, column, value]) => [`${row}:${column}`, value]));
    const head = ["prompt", "mean", "visits", ...heat.columns.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`))];
    this.table.replaceChildren(table(head, heat.prompts.map((prompt, row) => [plain(prompt.label), show(prompt.mean), prompt.visits, ...heat.columns.map((_, column) => show(by.get(`${row}:${column}`)))]), 1));
  }
}
