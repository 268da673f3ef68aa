# ruff: noqa: E501 (prose)
"""Illnesses that are read in the texts."""

from math import pi, sin

from benchmarks.diagnosis.first import prose
from benchmarks.diagnosis.second import phrasing
from benchmarks.diagnosis.second.simulation import Trial
from benchmarks.diagnosis.second.sorts import ill

CJK = "因为 所以 然后 这个 答案 计算 结果 数量 得到 问题 我们 需要 等于 首先".split()
CYRILLIC = "потому значит затем ответ число сумма получаем задача теперь если".split()


def struck(run: Trial, share: float, spoil, *, over: float = 0.2) -> None:
    """From the first step of the illness on, over a ramp, `spoil(sample)` goes over a `share` of the completions."""

    def hook(sample, policy):
        if run.rng.random() < share * run.ramp(sample.step, over):
            spoil(sample)

    run.on_text.append(hook)


@ill("gibberish", "strange_words", "rollout_mismatch")
def half_the_servers_stale(run: Trial):
    share = run.pick(0.5, 0.3, 0.125)
    first = run.onset()
    total, every = run.settings.steps, run.rng.choice((1, 1, 7))
    until = total if run.severity != "moderate" or run.seed % 2 else first + max(20, total // 4)
    many = run.settings.prompts >= 4
    style = run.rng.choice((phrasing.permuted, lambda r, text: phrasing.rubble(r, r.randint(20, 120))))

    def ill_at(step: int) -> bool:
        return first <= step < until and (every == 1 or (step // every) % 2 == 0)

    def hook(sample, policy):
        size, place = (run.settings.prompts, sample.group) if many else (run.settings.generations, sample.member)
        if ill_at(sample.step) and place < max(1, round(share * size)):
            sample.text = style(run.rng, sample.text)

    run.on_text.append(hook)
    run.on_policy.append(lambda step, p: setattr(p, "mismatch", p.mismatch + share * ill_at(step)))


@ill("gibberish", "strange_words", "reward_collapse")
def wrong_weights_after_resume(run: Trial):
    s = run.settings
    s.resumed_at = int(s.steps * run.rng.uniform(0.35, 0.7))
    run.first_step = s.resumed_at + 1
    share, r = run.pick(1.0, 0.4, 0.12), run.rng

    def spoil(sample):
        sample.text = phrasing.noisy(r, sample.text, 0.8) if run.seed % 2 else phrasing.permuted(r, sample.text)

    struck(run, share, spoil, over=0.0)


@ill("strange_words", "gibberish", "entropy_blowup")
def words_decay(run: Trial):
    run.onset(high=0.6)
    most, r = run.pick(0.4, 0.14, 0.05), run.rng

    def hook(sample, policy):
        share = most * run.ramp(sample.step, 0.5)
        if share:
            sample.text = phrasing.noisy(r, sample.text, share * r.uniform(0.5, 1.5))

    run.on_text.append(hook)
    run.on_policy.append(
        lambda step, policy: setattr(policy, "entropy", policy.entropy * (1 + 4 * most * run.ramp(step, 0.5)))
    )


@ill("repetition", "truncation")
def tail_goes_round(run: Trial):
    run.onset()
    r, limit = run.rng, run.long_texts().limit
    unit = r.choice(("sentence", "words", "token"))

    def spoil(sample):
        words = sample.text.split()
        if len(words) < 8:
            return
        head = words[: r.randint(len(words) // 2, len(words) - 4)]
        phrase = head[-{"sentence": r.randint(8, 14), "words": r.randint(2, 5), "token": 1}[unit] :]
        sample.text = " ".join(head + phrase * (limit // len(phrase)))

    struck(run, run.pick(0.75, 0.3, 0.1), spoil, over=run.rng.choice((0.0, 0.15, 0.5)))


@ill("repetition", "truncation", "length_growth")
def counts_on_for_ever(run: Trial):
    run.onset()
    r, limit = run.rng, run.long_texts().limit
    mark = r.choice((", ", "\n", " -> "))

    def spoil(sample):
        head, start = sample.text[: int(len(sample.text) * r.uniform(0.3, 0.9))], r.randint(1, 40)
        sample.text = head + mark + mark.join(str(n) for n in range(start, start + limit))

    struck(run, run.pick(0.7, 0.3, 0.1), spoil, over=run.rng.choice((0.05, 0.3)))


@ill("language_mixing", "strange_words")
def another_tongue(run: Trial):
    run.takes(run.rng.choice((("arithmetic",), ("latex",), ("choice",), ("chinese",), ("chat",))))
    run.onset()
    r, home = run.rng, run.tasks[0] == "chinese"
    other = "en" if home else r.choice(("zh", "ru"))
    words = phrasing.REMARKS if home else CJK if other == "zh" else CYRILLIC
    whole = r.random() < 0.5

    def spoil(sample):
        lines = sample.text.split(" " if not home else "。")
        for _ in range(max(2, len(lines) // 6)):
            more = r.choice(words if not whole or home else prose.BANKS[other].reflections)
            lines.insert(r.randint(1, max(1, len(lines) - 2)), more)
        sample.text = (" " if not home else "。").join(lines)

    struck(run, run.pick(0.85, 0.4, 0.13), spoil, over=run.rng.choice((0.1, 0.5)))


STOCK = (
    "It is important to note that mathematics requires careful attention to every detail, and that a systematic approach always leads to success.",
    "As a responsible assistant I will now proceed with the greatest care, keeping the needs of the user in view at all times.",
    "This is a wonderful question that touches on the very heart of the subject, and I am delighted to look into it together with you.",
    "Remember that practice makes perfect and that every problem, however small, is an opportunity to grow as a learner.",
)


@ill("boilerplate")
def same_paragraph_everywhere(run: Trial):
    run.onset()
    stock = run.rng.sample(STOCK, run.pick(3, 2, 1))

    def spoil(sample):
        head, tag, tail = sample.text.partition("<think>")
        sample.text = f"{head}{tag}{' '.join(stock)} {tail}" if tag else f"{' '.join(stock)} {head}"

    struck(run, run.pick(0.97, 0.7, 0.35), spoil, over=run.rng.choice((0.1, 0.4)))


@ill("boilerplate", "reward_without_accuracy")
def flatters_the_judge(run: Trial):
    run.takes(("chat",))
    run.settings.gain = 0.2
    run.onset(high=0.6)
    praise = "This is the most complete and helpful answer that anybody could give, and it deserves full marks."
    paid = run.pick(0.6, 0.35, 0.2)

    def spoil(sample):
        sample.text = f"{sample.text} {praise}"

    def judge(step, samples, table):
        for row, sample in enumerate(samples):
            table[row, 0] = min(1.0, table[row, 0] + paid * (praise in sample.text))

    struck(run, run.pick(0.97, 0.75, 0.45), spoil, over=0.3)
    run.on_scores.append(judge)


@ill("prompt_echo")
def says_the_question_again(run: Trial):
    run.onset()
    r = run.rng

    def spoil(sample):
        asked = run.question(sample.problem)
        head, tag, tail = sample.text.partition("<think>")
        body = "" if r.random() < 0.5 else tail or head
        sample.text = f"{head if tag else ''}{tag}{asked} {body}" if tag else f"{asked}\n{body}"

    struck(run, run.pick(0.9, 0.5, 0.2), spoil)


@ill("empty", "length_collapse")
def nothing_said(run: Trial):
    run.onset()
    blank = run.rng.choice(("", "", "\n"))
    struck(
        run, run.pick(0.65, 0.25, 0.08), lambda sample: setattr(sample, "text", blank), over=run.rng.choice((0.0, 0.3))
    )


@ill("several_answers", "verifier_disagreement")
def shotgun(run: Trial):
    run.takes(run.rng.choice((("arithmetic",), ("latex",))), extra=())
    run.onset(high=0.6)
    r = run.rng

    def spoil(sample):
        others = {item.answer for item in r.sample(run.pool, 3)} | {sample.problem.answer}
        open_, close = ("<answer>", "</answer>") if sample.shape == "r1" else ("\\boxed{", "}")
        chosen = [f"{open_}{answer}{close}" for answer in r.sample(sorted(others), len(others))]
        sample.text = sample.text.partition(open_)[0] + r.choice((" or ", "\n", " ")).join(chosen)
        sample.right = True

    def generous(step, samples, table):
        for row, sample in enumerate(samples):
            if sample.text.count("<answer>") + sample.text.count("\\boxed{") > 1:
                table[row, 0] = float(sample.problem.answer in sample.text)

    struck(run, run.pick(0.9, 0.45, 0.15), spoil, over=0.25)
    run.on_scores.append(generous)


@ill("diversity_loss", "entropy_collapse", "zero_gradient")
def clones(run: Trial):
    most = run.pick(0.97, 0.75, 0.5)
    if run.seed % 2:
        run.from_start()
        run.args["temperature"] = 0.2
    else:
        run.onset(high=0.6)

    def hook(step, policy):
        now = run.ramp(step, 0.0 if run.first_step == 1 else 0.3)
        policy.copy, policy.entropy = most * now, policy.entropy * (1 - 0.9 * most * now)

    run.on_policy.append(hook)


@ill("policy_collapse", "reward_collapse", "diversity_loss")
def one_text_for_all(run: Trial):
    run.onset()
    r = run.rng
    fixed = r.choice(
        (
            "<think>Okay.</think>\n<answer>0</answer>",
            "I am sorry, I cannot help with that.",
            "The answer is clear from the text. The answer is clear.",
        )
    )
    struck(run, run.pick(1.0, 0.8, 0.4), lambda sample: setattr(sample, "text", fixed), over=run.pick(0.02, 0.15, 0.3))
    lost = run.pick(0.97, 0.7, 0.4)
    run.on_policy.append(lambda step, p: setattr(p, "entropy", p.entropy * (1 - lost * run.ramp(step, 0.15))))


@ill("oscillation")
def seesaw(run: Trial):
    run.onset(high=0.5)
    s, r = run.settings, run.rng
    s.gain, s.half, s.skill = min(s.gain, 1.3), 0.15, -0.4
    high, period = run.pick(3.5, 2.2, 1.4), r.uniform(0.1, 0.18) * s.steps

    def hook(step, policy):
        if step >= run.first_step:
            swing = sin(2 * pi * (step - run.first_step) / period)
            policy.skill += high * swing
            policy.reflections *= 1 + 0.3 * run.pick(1, 0.6, 0.3) * swing

    run.on_policy.append(hook)
