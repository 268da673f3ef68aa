// Draws the texts of groups: prompts, completions, turns. A source with `text` has whole texts, one with `group` can be linked to.
class Texts {
  constructor(source, about) {
    Object.assign(this, { source, about, unfolded: false });
  }

  // A group of a prompt, to stand next to others.
  column(group, ...heading) {
    formulas = new Map(Object.entries(group.math || {}));
    const members = group.members.map((member) => this.member(group, member, group.gold ? group.gold.head : null));
    for (const node of members) node.removeAttribute("id");
    return h("div", null, h("h3", null, ...heading), h("p", { class: "quiet" }, pips(group), ` ${outcome(group)} · reward ${show(group.mean)} ± ${show(group.std)}`), ...members);
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
      h("h4", null, this.source.group ? h("a", { href: `#g=${group.g}:${member.m}`, title: "link to this completion" }, `#${member.m}`) : `#${member.m}`,
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
