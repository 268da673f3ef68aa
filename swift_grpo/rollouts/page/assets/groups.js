// The browser of groups. A source lists groups and returns one: the sample in this file, or the server's whole log.
const PAGE = 50;
const EVERY = { outcome: "", first: "", last: "", text: "", field: "", low: "", high: "", sort: "step", way: "", prompt: "" };
const FIELDS = { reward: "mean", spread: "std", length: "chars" };

class Sample {
  constructor(groups) {
    this.groups = groups;
    this.texts = new Map();
  }

  textOf(group) {
    if (!this.texts.has(group)) {
      const parts = group.members.flatMap((m) => [m.text, m.thought, ...textsOf(m.trajectory)]).concat(group.prompt.turns).filter(Boolean);
      this.texts.set(group, parts.map((part) => part.head + (part.tail || "")).join("\n").toLowerCase());
    }
    return this.texts.get(group);
  }

  async list(filter, offset) {
    const text = filter.text.toLowerCase();
    const found = this.groups.filter((g) => (!filter.outcome || (filter.outcome === "flat" ? g.flat : filter.outcome === "eval" ? g.eval : g.outcome === filter.outcome))
      && (filter.first === "" || g.step >= Number(filter.first)) && (filter.last === "" || g.step <= Number(filter.last))
      && (!filter.prompt || g.p === filter.prompt) && this.within(g, filter) && (!text || this.textOf(g).includes(text)));
    this.sort(found, filter);
    return { rows: found.slice(offset, offset + PAGE), total: found.length, names: found.map((g) => g.g) };
  }

  within(group, { field, low, high }) {
    const value = group[FIELDS[field]];
    return (low === "" && high === "") || !(field in FIELDS) || (value !== null && (low === "" || value >= Number(low)) && (high === "" || value <= Number(high)));
  }

  // Sorts as the server does: groups without a value last, equal ones in the order of the run.
  sort(found, { sort, way }) {
    if (sort === "step" && way !== "down") return;
    const sign = way === "down" ? -1 : 1, key = sort === "prompt" ? "p" : sort === "step" ? "place" : FIELDS[sort];
    found.sort((one, other) => (one[key] === null) - (other[key] === null) || (one[key] < other[key] ? -sign : one[key] > other[key] ? sign : one.place - other.place));
  }

  async group(name) {
    return this.groups.find((g) => g.g === name) || null;
  }

  place(group) {
    return this.groups.indexOf(group);
  }
}

class Server {
  async fetch(path) {
    const answer = await fetch(path, { credentials: "same-origin" });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async list(filter, offset) {
    return this.fetch(`api/groups?${new URLSearchParams({ ...filter, offset, limit: PAGE })}`);
  }

  async group(name) {
    return this.fetch(`api/group?${new URLSearchParams({ g: name })}`);
  }

  place(group) {
    return group.place;
  }

  async text(id) {
    return this.fetch(`api/text?${new URLSearchParams({ id })}`);
  }
}

class Browser extends Texts {
  constructor(source, about) {
    super(source, about);
    Object.assign(this, { rows: [], offset: 0, total: 0, current: null, prompt: null, asked: 0 });
    $("filters").addEventListener("input", (event) => { if (event.target.id !== "f-text" || !source.text) this.filterSoon(); });
    $("f-text").addEventListener("change", () => { if (source.text) this.load(0); }); // Enter: the server searches the whole log
    $("filters").addEventListener("submit", (event) => { event.preventDefault(); this.load(0); });
    $("filters").addEventListener("reset", () => { this.prompt = null; this.showPrompt(); setTimeout(() => this.load(0)); });
    $("f-prompt").addEventListener("click", () => { this.prompt = null; this.showPrompt(); this.load(0); });
    $("page-back").addEventListener("click", () => this.load(this.offset - PAGE));
    $("page-on").addEventListener("click", () => this.load(this.offset + PAGE));
    addEventListener("hashchange", () => this.follow());
  }

  filter() {
    const value = (id) => $(id).value.trim();
    return { outcome: value("f-outcome"), first: value("f-first"), last: value("f-last"), text: value("f-text"), field: value("f-field"), low: value("f-low"), high: value("f-high"), sort: value("f-sort"), way: value("f-way"), prompt: this.prompt ? this.prompt.p : "" };
  }

  filterSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(0), 150);
  }

  set(first, last, prompt) {
    $("filters").reset();
    this.prompt = prompt || null;
    $("f-first").value = first;
    $("f-last").value = last;
    setTimeout(async () => {
      this.prompt = prompt || null;
      this.showPrompt();
      await this.load(0);
      if (this.rows.length) this.open(this.rows[0].g);
      $("groups").scrollIntoView();
    });
  }

  showPrompt() {
    $("f-prompt").hidden = !this.prompt;
    if (this.prompt) $("f-prompt").replaceChildren(`× ${plain(this.prompt.label)}`);
  }

  async load(offset) {
    const asked = ++this.asked;
    let found;
    try {
      found = await this.source.list(this.filter(), offset);
    } catch (error) {
      return $("list").replaceChildren(h("li", { class: "empty" }, `The list could not be loaded: ${plain(String(error.message))}`));
    }
    if (asked !== this.asked) return null;
    if (sought !== (sought = this.filter().text.toLowerCase()) && this.current) $("group").replaceChildren(...this.draw(this.current));
    Object.assign(this, { rows: found.rows, total: found.total, offset });
    const last = offset + found.rows.length, more = found.more ? "+" : "";
    $("page-at").replaceChildren(found.total ? `${count(offset + 1)}–${count(last)} of ${count(found.total)}${more}` : "no group");
    $("page-back").disabled = offset === 0;
    $("page-on").disabled = last >= found.total;
    $("list").replaceChildren(...(found.rows.length ? found.rows.map((row) => this.item(row)) : [h("li", { class: "empty" }, "No group matches.")]));
    $("list").scrollTop = 0;
    this.mark();
    return found;
  }

  item(row) {
    return h("li", null, h("a", { href: `#g=${row.g}`, "data-g": row.g },
      h("span", { class: "g" }, row.g), pips(row), h("span", { class: "mean", title: "mean reward" }, show(row.mean)),
      h("span", { class: "what" }, `${row.eval ? "eval · " : ""}${plain(row.question)}`)));
  }

  mark() {
    for (const link of $("list").querySelectorAll("a")) {
      const here = this.current && link.dataset.g === this.current.g;
      link.setAttribute("aria-current", here ? "true" : "false");
      if (!here) continue;
      const list = $("list"), box = link.getBoundingClientRect(), frame = list.getBoundingClientRect();
      if (box.top < frame.top) list.scrollTop += box.top - frame.top;
      if (box.bottom > frame.bottom) list.scrollTop += box.bottom - frame.bottom;
    }
  }

  async move(by) {
    const at = this.rows.findIndex((row) => this.current && row.g === this.current.g);
    let next = at < 0 ? 0 : at + by;
    if (next < 0 && this.offset > 0) { await this.load(this.offset - PAGE); next = this.rows.length - 1; }
    if (next >= this.rows.length && this.offset + PAGE < this.total) { await this.load(this.offset + PAGE); next = 0; }
    const row = this.rows[next];
    if (row) await this.open(row.g);
  }

  // A deep link: #g=STEP:GROUP or #g=STEP:GROUP:I, #ends=STEP:GROUP.
  async follow() {
    const found = /^#(g|ends)=(-?\d+:\d+)(?::(\d+))?$/.exec(location.hash);
    if (!found) return false;
    if (found[1] === "ends") await this.ends(await this.source.group(found[2]));
    else await this.open(found[2], found[3], true);
    return true;
  }

  // The groups of a prompt: its first and, if it is a different one, its last; and its last in each further run.
  async endsOf({ p, eval: evaluated }) {
    const filter = { ...EVERY, prompt: p, outcome: evaluated ? "eval" : "" };
    const [first, last] = await Promise.all(["", "down"].map((way) => this.source.list({ ...filter, way }, 0)));
    const rows = (found) => found.rows.filter((row) => row.eval === evaluated);
    const names = [...new Set([...rows(first).slice(0, 1), ...rows(last).slice(0, 1)].map((row) => row.g))];
    const here = await Promise.all(names.map((name) => this.source.group(name)));
    const others = (this.about.others ? this.about.others.last : []).map((groups) => groups.find((one) => one.p === p));
    return [here.filter(Boolean), others];
  }

  // One prompt at its first and its last appearance, and in further runs, side by side.
  async ends(group) {
    if (!group) return;
    const [here, others] = await this.endsOf(group), names = this.about.others ? this.about.others.names : [""];
    const columns = here.map((one) => [names[0], one]).concat(others.map((one, k) => [names[k + 1], one]).filter(([, one]) => one));
    history.replaceState(null, "", `#ends=${group.g}`);
    this.current = here[here.length - 1] || group;
    const title = (one) => `Step ${count(one.step)}, group ${one.g.split(":")[1]}`;
    const column = ([name, one]) => this.column(one, name ? `${plain(name)}: ` : "", here.includes(one) ? h("a", { href: `#g=${one.g}` }, title(one)) : title(one));
    const what = here.length < 2 ? "One prompt: it came once in this run" : "One prompt, its first and its last group";
    $("group").replaceChildren(h("div", { class: "group-head" }, h("h3", null, what)), ...this.prompt_of(group.prompt), h("div", { id: "ends" }, ...columns.map(column)));
    this.mark();
    $("group").scrollIntoView({ block: "start" });
  }

  async endsOfPrompt(prompt) {
    const found = await this.source.list({ ...EVERY, prompt: prompt.p }, 0);
    if (found.rows.length) await this.ends(await this.source.group(found.rows[0].g));
  }

  async open(name, member, scroll) {
    const asked = (this.opening = (this.opening || 0) + 1);
    let group;
    try {
      group = await this.source.group(name);
    } catch (error) {
      return $("group").replaceChildren(h("p", { class: "empty" }, `Group ${name} could not be loaded: ${plain(String(error.message))}`));
    }
    if (asked !== this.opening) return null;
    const hash = `#g=${name}${member === undefined ? "" : `:${member}`}`;
    if (location.hash !== hash) history.replaceState(null, "", hash);
    this.current = group;
    if (!group) {
      $("group").replaceChildren(h("p", { class: "empty" }, `Group ${name} is not among the groups here. In the whole log: `, h("code", null, `swift-grpo inspect show ${name} RUN`)));
    } else $("group").replaceChildren(...this.draw(group));
    const listed = this.rows.some((row) => row.g === name), filter = this.filter();
    const all = ["outcome", "first", "last", "text", "low", "high", "prompt"].every((name) => !filter[name]) && filter.sort === "step" && filter.way !== "down";
    if (group && scroll && !listed && all) await this.load(Math.floor(this.source.place(group) / PAGE) * PAGE);
    this.mark();
    const target = group && member !== undefined ? document.getElementById(`m${member}`) : null;
    if (target) target.classList.add("target");
    if (scroll) (target || $("group")).scrollIntoView({ block: target ? "center" : "start" });
    return group;
  }

  draw(group) {
    formulas = new Map(Object.entries(group.math || {}));
    const gold = group.gold ? group.gold.head : null;
    return [
      h("div", { class: "group-head" },
        h("h3", null, `Step ${count(group.step)}, group ${group.g.split(":")[1]}`), pips(group),
        h("span", { class: "quiet" }, `${outcome(group)} · reward ${show(group.mean)} ± ${show(group.std)}${group.eval ? " · evaluation" : ""}`),
        h("span", { class: "nav" }, h("button", { type: "button", onclick: () => this.move(-1), title: "k" }, "‹ Previous"), h("button", { type: "button", onclick: () => this.move(1), title: "j" }, "Next ›"), h("button", { type: "button", onclick: () => this.ends(group), title: "this prompt, the first and the last time" }, "First and last"), h("button", { type: "button", onclick: () => this.fold(), title: "t" }, "Thoughts"))),
      ...(group.mixed ? [h("p", { class: "no" }, "The members answer different prompts. The prompt and the gold are those of the first.")] : []),
      ...this.prompt_of(group.prompt),
      gold === null ? h("p", { class: "gold-line quiet" }, "The log has no gold for this group.")
        : h("p", { class: "gold-line" }, "Gold ", h("span", { class: "text gold" }, ...pieces(group.gold, null, null))),
      h("div", { id: "members" }, ...group.members.map((member) => this.member(group, member, gold))),
    ];
  }

  setFormulas() {
    drawn = !drawn;
    if (this.current) $("group").replaceChildren(...this.draw(this.current));
  }

  fold() {
    const all = [...$("group").querySelectorAll(".member details:not(.rest)")];
    this.unfolded = all.some((one) => !one.open);
    for (const one of all) one.open = this.unfolded;
  }
}
