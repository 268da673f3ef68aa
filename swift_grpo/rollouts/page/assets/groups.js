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

class Browser {
  constructor(source, about) {
    Object.assign(this, { source, about, rows: [], offset: 0, total: 0, current: null, prompt: null, unfolded: false, asked: 0 });
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
    const column = ([name, one]) => {
      formulas = new Map(Object.entries(one.math || {}));
      const gold = one.gold ? one.gold.head : null, title = `Step ${count(one.step)}, group ${one.g.split(":")[1]}`;
      const members = one.members.map((member) => this.member(one, member, gold));
      for (const node of members) node.removeAttribute("id");
      return h("div", null, h("h3", null, name ? `${plain(name)}: ` : "", here.includes(one) ? h("a", { href: `#g=${one.g}` }, title) : title),
        h("p", { class: "quiet" }, pips(one), ` ${outcome(one)} · reward ${show(one.mean)} ± ${show(one.std)}`), ...members);
    };
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

  // The turns of a chat; the system's is folded, and all but the last if there are many.
  prompt_of({ turns, left_out }) {
    const shown = turns.map((turn, k) => {
      const text = h("div", { class: "text prompt", tabindex: 0 }, ...pieces(turn, null, null)), long = turn.head.length + (turn.out || 0);
      const open = turn.role !== "system" && k >= turns.length - 3 && long <= 1500;
      return h("details", { class: "turn", open }, h("summary", null, `${plain(turn.role) || "Prompt"}, ${count(turn.head.length + (turn.out || 0) + (turn.tail || "").length)} characters`), text);
    });
    return left_out ? [...shown, h("p", { class: "quiet" }, `${count(left_out)} more turns are left out.`)] : shown;
  }

  member(group, member, gold) {
    const verdict = member.solved === null ? "" : member.solved ? "right" : "wrong";
    const answer = member.answer ? member.answer.head : null;
    const rewards = this.about.rewards.map((name, k) => `${plain(name)}\u00a0${show(member.rewards[k])}`);
    const parts = [`advantage\u00a0${show(member.advantage)}`, ...rewards.slice(0, 6), `${count(member.chars)}\u00a0characters`];
    if (member.why) parts.unshift(`grader:\u00a0${plain(member.why)}`);
    const body = h("div", { class: member.trajectory ? "body turns" : "text body", tabindex: 0 }), mark = `c-${verdict || "grey"}`;
    const thought = h("div", { class: "text", tabindex: 0 });
    const whole = !this.source.text ? null : async () => {
      const text = await this.source.text(member.id);
      if (!text) return;
      body.replaceChildren(...(text.trajectory ? this.turns(text.trajectory, answer, gold, mark) : pieces(text.text, answer, gold, mark)));
      thought.replaceChildren(...pieces(text.thought || { head: "" }, null, gold));
    };
    body.append(...(member.trajectory ? this.turns(member.trajectory, answer, gold, mark, whole) : pieces(member.text, answer, gold, mark, whole)));
    const long = member.thought ? member.thought.head.length + (member.thought.out || 0) + (member.thought.tail || "").length : 0;
    const folded = !member.thought ? null : h("details", { class: "thought", open: this.unfolded, ontoggle: (event) => {
      if (event.target.open && !thought.childNodes.length) thought.append(...pieces(member.thought, null, gold, "", whole));
    } }, h("summary", null, `Thought, ${count(long)} characters`), thought);
    return h("section", { class: `member ${verdict}`, id: `m${member.m}`, "aria-label": `Completion ${member.m}` },
      h("h4", null, h("a", { href: `#g=${group.g}:${member.m}`, title: "link to this completion" }, `#${member.m}`),
        verdict ? h("span", { class: verdict === "right" ? "ok" : "no" }, verdict === "right" ? "✓ right" : "✗ wrong") : null, h("span", null, `reward ${show(member.reward)}`)),
      h("div", { class: "sub" }, parts.join(" · ")),
      rewards.length > 6 ? h("details", { class: "rest" }, h("summary", null, `${rewards.length - 6} more rewards`), h("div", { class: "sub" }, rewards.slice(6).join(" · "))) : null,
      h("p", { class: "final" }, member.answer ? "Answer " : h("span", { class: "no" }, "No final answer"), member.answer ? h("mark", { class: `c-${verdict || "grey"}` }, ...pieces(member.answer, null, null)) : null),
      folded, body);
  }

  // A trajectory turn by turn; thoughts, calls and results are folded.
  turns({ summary, ended, turns, left_out }, answer, gold, mark, whole) {
    const box = (piece, ...marks) => h("div", { class: "text" }, ...pieces(piece, ...marks, whole));
    const fold = (name, title, ...inside) => h("details", { class: name, open: this.unfolded }, h("summary", null, ...title), ...inside);
    const call = ({ call, error, short, note, arguments: given, result }) => fold(`call${error ? " failed" : ""}`,
      [h("b", null, plain(call)), error ? h("strong", { class: "no" }, ` ✗ ${plain(error)}`) : "", h("span", null, ` ${plain(short)}`), plain(note)],
      given ? box(given, null, null, "") : null, result ? h("p", { class: "quiet" }, "Result") : null, result ? box(result, null, gold, "") : null);
    const part = (one, said) => (one.call ? call(one) : one.thought ? fold("thought", ["Thought"], box(one, null, gold, "")) : box(one, said ? answer : null, gold, mark));
    const shown = turns.map(({ role, heading, parts }) => {
      const inside = parts.map((one) => part(one, role === "assistant"));
      return role === "tool" ? fold("told", [plain(heading)], ...inside) : h("div", { class: role === "assistant" ? "said" : "told" }, h("div", { class: "sub" }, plain(heading)), ...inside);
    });
    const last = summary.length - 1, counts = ended ? summary : summary.slice(0, last);
    return [h("div", { class: "sub" }, plain(counts.join(" · ")), ended ? "" : [" · ", h("strong", { class: "no" }, plain(summary[last]))]),
      ...shown, left_out ? h("p", { class: "quiet" }, `${count(left_out)} more turns are left out.`) : null].filter(Boolean);
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

// The texts of a trajectory, to search in.
function textsOf(trajectory) {
  const parts = trajectory ? trajectory.turns.flatMap((turn) => turn.parts) : [];
  return parts.flatMap((part) => (part.call ? [{ head: `${part.call} ${part.error}` }, part.arguments, part.result] : part));
}

function outcome(group) {
  if (group.outcome === "unknown") return group.flat ? "no variance" : "";
  const text = { right: "all right", wrong: "all wrong", mixed: `${Math.round(group.solved * group.n)} of ${group.n} right` }[group.outcome];
  return group.flat ? `${text} · no variance, no gradient` : text;
}

function pips(group) {
  if (group.solved === null) return h("span", { class: "pips quiet" }, `${group.n} completions`);
  const right = Math.round(group.solved * group.n);
  if (group.n > 16) return h("span", { class: "pips" }, h("span", { class: "ok" }, `✓${right}`), " ", h("span", { class: "no" }, `✗${group.n - right}`));
  return h("span", { class: "pips", role: "img", "aria-label": `${right} of ${group.n} right` }, h("span", { class: "ok" }, "✓".repeat(right)), h("span", { class: "no" }, "✗".repeat(group.n - right)));
}
