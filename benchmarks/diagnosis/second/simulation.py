"""A run over items of several tasks: own settings, texts and rewards on top of the planted runs' clockwork."""

import json
import re
from random import Random

from benchmarks.diagnosis.first.run import Run
from benchmarks.diagnosis.first.sample import Policy, Sample, Settings
from benchmarks.diagnosis.first.scoring import REWARDS
from benchmarks.diagnosis.first.writer import Writer
from benchmarks.diagnosis.second import phrasing
from benchmarks.diagnosis.second.subjects import GOOD, WEAK, items

# (generations, prompts) of a step.
SIZES = (
    *((4, prompts) for prompts in (1, 2, 4, 8)),
    *((6, prompts) for prompts in (2, 3)),
    *((8, prompts) for prompts in (1, 2, 3, 4)),
    *((12, 4), (16, 1), (16, 2), (8, 8)),
)
COMPLETIONS = 1900  # of a run, so that its files stay below 3 MB
# About how a Qwen tokenizer cuts: digits and Chinese characters one by one, words of up to seven letters whole.
TOKEN = re.compile(r"[\u3040-\u9fff]|[^\W\d_]{1,7}|\d|[^\w\s]|_+|\n+")
MATHS = ("arithmetic", "latex")
MIXES = (("arithmetic",), ("latex",), MATHS, ("choice",), ("countdown",), ("chinese",), ("code",), ("chat",))
# Tasks with so many things to say that long texts do not repeat themselves.
ROOMY = (("arithmetic",), ("latex",), MATHS, ("choice",))
STEMS = [line.split("{}")[0].strip() for line in GOOD if not line.startswith("{}")]
EMPTY = [line.split("{}")[0].strip() for line in WEAK if not line.startswith("{}")]


def solved(sample: Sample) -> float:
    return float(phrasing.right(sample.text, sample.problem))


def shaped(sample: Sample) -> float:
    """Whether a text has the form that its task asks for."""
    text = sample.text
    if sample.shape == "fenced":
        return float(text.count("```") == 2)
    if sample.shape == "r1":
        return float(
            text.startswith("<think>")
            and text.endswith("</answer>")
            and text.count("<answer>") == 1 == text.count("</think>")
        )
    return float(phrasing.read(text) is not None)


def judged(sample: Sample) -> float:
    """A judge's mark from 0 to 1 in steps of 0.05: sentences with content against empty ones, and a mood."""
    good = sum(sample.text.count(stem) for stem in STEMS)
    weak = sum(sample.text.count(stem) for stem in EMPTY)
    mood = Random(sample.text).gauss(0, 0.08)
    return round(20 * min(1.0, max(0.0, 0.3 + 0.14 * min(5, good) - 0.08 * weak + mood))) / 20


class Written(Sample):
    """A completion that also knows its form."""

    shape = "r1"


REWARDS.update(
    {
        "AnswerCorrect": ("answer_correct", solved),
        "MathORM": ("math_orm", solved),
        "CountdownORM": ("external_countdown", solved),
        "CodeTests": ("code_tests", solved),
        "TaskFormat": ("task_format", shaped),
        "JudgeScore": ("judge_score", judged),
    }
)
MAIN = {"countdown": "CountdownORM", "code": "CodeTests", "chat": "JudgeScore"}


class Trial(Run):
    """One run. `tasks` are mixed in equal parts; `args` goes over what `args.json` would say."""

    def __init__(self, kind: str, severity: str | None, seed: int):
        self.tasks, self.shape, self.args = MATHS, "r1", {}
        super().__init__(kind, severity, seed)
        self.rng = Random(f"anew/{kind}/{severity}/{seed}")
        self.eval_size = 0  # questions of an evaluation, 0 for a few
        self.cut = None  # what a too short `max_length` does to a prompt
        self.takes(self.rng.choice(MIXES))

    def _settings(self) -> Settings:
        """Settings of a run whose length and batch are drawn; severity does not enter the draw of the first numbers."""
        r = Random(f"settings/{self.kind}/{self.severity}/{self.seed}")
        generations, prompts = r.choice(SIZES)
        room = COMPLETIONS / (generations * prompts)
        return Settings(
            steps=int(min(400, max(80 + r.randint(0, 12), r.uniform(0.6, 1.0) * room))),
            generations=generations,
            prompts=prompts,
            questions=0,
            beta=r.choice((0.0, 0.001, 0.01, 0.04)),
            learning_rate=r.choice((5e-7, 1e-6, 2e-6, 5e-6)),
            scheduler=r.choice(("cosine", "constant_with_warmup", "linear")),
            temperature=r.choice((0.8, 1.0, 1.0)),
            limit=r.choice((256, 384, 512)),
            logging_steps=2 if generations * prompts > 48 else 1,
            loss_type=r.choice(("grpo", "bnpo", "dr_grpo", "dapo")),
            log_entropy=r.random() < 0.4,
            correction=r.random() < 0.25,
            skill=r.uniform(-1.4, -0.3),
            gain=r.uniform(1.3, 2.4),
            half=r.uniform(0.15, 0.4),
            spread=r.uniform(0.8, 1.8),
            format_start=r.uniform(0.5, 0.95),
            reflections=r.uniform(1.0, 4.0),
            growth=r.uniform(-0.1, 0.35),
            entropy=r.uniform(0.35, 0.9),
            grad=r.uniform(0.1, 0.9),
            wobble=r.uniform(0.04, 0.1),
        )

    def takes(self, tasks: tuple[str, ...], *, extra: tuple[str, ...] | None = None) -> Settings:
        """Sets the tasks, and the rewards that fit them: one of correctness, and `extra` or one of form."""
        self.tasks, r = tasks, self.rng
        self.shape = r.choice(("r1", "r1", "boxed"))
        main = MAIN.get(tasks[0]) or r.choice(("AnswerCorrect", "MathORM"))
        form = () if tasks[0] == "chat" or r.random() < 0.25 else ("TaskFormat",)
        self.settings.rewards = [main, *(form if extra is None else extra)]
        return self.settings

    def onset(self, *, low: float = 0.08, high: float = 0.88) -> int:
        """As for all planted runs, but the fainter, the sooner: what is left of the run must show it."""
        return super().onset(low=low, high=max(low + 0.1, min(high, self.pick(0.88, 0.75, 0.6))))

    def long_texts(self) -> Settings:
        """At most 16 completions a step, for texts that would make the files large."""
        s = self.settings
        s.prompts = min(s.prompts, max(1, 16 // s.generations))
        return s

    @property
    def textual(self) -> bool:
        """Whether answers are checked against a gold in the log."""
        return not set(self.tasks) & {"code", "chat", "countdown"}

    def checked(self, *, extra: tuple[str, ...] | None = None) -> Settings:
        """Takes tasks whose answers are checked, for a kind that is about being right."""
        return self.takes(self.rng.choice((("arithmetic",), ("latex",), MATHS, ("choice",), ("chinese",))), extra=extra)

    def prepare(self) -> None:
        s = self.settings
        if self.pool is None:
            size = s.questions or max(24, round(s.steps * s.prompts / self.rng.choice((0.8, 1, 1, 2, 3))))
            self.pool = items(self.rng, self.tasks, min(size, 700), s.spread)

    def _write(self, step, group, member, problem, chance, policy: Policy, earlier) -> Sample:
        r, s = self.rng, self.settings
        shape = phrasing.form(problem, self.shape)
        if earlier and r.random() < policy.copy:
            model = r.choice(earlier)
            text, right, thought, answer = model.text, model.right, model.sentences, model.answer
        else:
            right = r.random() < chance
            core, answer = problem.derive(r, right)
            thought = phrasing.sentences(r, problem, core, answer, policy.reflections)
            text = phrasing.dress(r, shape, thought, answer, policy.format)
        sample = Written(step, group, member, problem, right, s.limit, thought, answer)
        sample.text, sample.shape = text, shape
        return sample

    def _measure(self, sample: Sample) -> None:
        """Counts the tokens of a text, the end mark included, and cuts it at the limit."""
        sample.tokens = 1 + len(TOKEN.findall(sample.text))
        if sample.tokens > sample.limit:
            ends = [found.end() for found in TOKEN.finditer(sample.text)]
            sample.text = sample.text[: ends[sample.limit - 1]]
            sample.tokens, sample.truncated = sample.limit, True


class Scribe(Writer):
    """The planted writer, for trials: their system prompts, arguments, and step times that a kind has changed."""

    def __init__(self, run: Trial, folder):
        run.settings.style = "r1"
        super().__init__(run, folder)
        shape = phrasing.SHAPE.get(run.tasks[0], run.shape)
        self.system = phrasing.SYSTEMS[shape]
        batches = -(-max(8, run.eval_size) // run.settings.prompts)
        self.eval_pool = items(run.rng, run.tasks, batches * run.settings.prompts, run.settings.spread)
        self.step_cost = run.rng.uniform(3, 60)

    def _open(self, version: int) -> None:
        super()._open(version)
        path = self.here / "args.json"
        args = json.loads(path.read_text(encoding="utf-8")) | self.run.args
        path.write_text(json.dumps(args, indent=2), encoding="utf-8")

    def _figures(self, step, samples, table, policy, fresh):
        before = self.elapsed
        row, adv = super()._figures(step, samples, table, policy, fresh)
        self.elapsed = before + row["step_time"]
        return row, adv

    def _prompt(self, sample: Sample) -> str:
        prompt = super()._prompt(sample)
        return self.run.cut(prompt) if self.run.cut else prompt

    def _line(self, step, samples, table, adv) -> str:
        line = super()._line(step, samples, table, adv)
        if self.run.textual:
            return line
        columns = json.loads(line)
        del columns["solution"]  # no such column in the data of these tasks
        return json.dumps(columns, ensure_ascii=False) + "\n"
