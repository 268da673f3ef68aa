"""Run folders as they come from the field, written without a look at the diagnosis.

Texts come first: rewards are computed from the texts, and the log's figures from the rewards.
So a run is consistent in itself.
`python -m benchmarks.diagnosis.field.runs FOLDER [--held-out]` writes a folder a run and index.json, a list of
{name, healthy, kind, accepted, must_not, held_out}.
One of `accepted` must occur in the first finding's name or text, in lower case.
A healthy run must have no finding of the severities in `must_not`.
The held-out third is in held_out.py. Somebody who works on the diagnosis scores it and does not read it.
"""

import argparse
import importlib
import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev

from benchmarks.diagnosis.field.texts import (
    BOXED,
    CHINESE,
    MAKERS,
    REWARDS,
    TAGS,
    TOKEN,
    WRITERS,
    Question,
    accuracy,
    gibberish,
    judge,
    ponder,
    rouge,
    solve,
    summarise,
    unanswered,
    well_formed,
    write_letter,
)

NAN = float("nan")


# --------------------------------------------------------------------------------------------------------- a run
def rise(low: float, high: float, power: float = 0.7) -> Callable[[float], float]:
    return lambda t: low + (high - low) * t**power


@dataclass
class Moment:
    """One completion to be written: at which step (from 1), how far the run is (0 to 1), and what is asked."""

    rng: random.Random
    step: int
    t: float
    level: float
    question: Question
    member: int
    run: "Run"


def usual(m: Moment) -> str:
    """What a policy of this level writes."""
    if m.question.task != "sums":
        return WRITERS[m.question.task](
            m.question, min(1.0, max(0.0, m.level + m.question.hard + m.rng.gauss(0, 0.12))), m.rng
        )
    right = m.rng.random() < 1 / (1 + math.exp(m.question.hard - m.level))
    return solve(m.question, right, m.rng, tags="Format" in m.run.rewards)


@dataclass
class Run:
    """A run and what is wrong with it. `kind` begins with "healthy" where nothing is."""

    name: str
    kind: str
    accepted: str = ""  # words between bars
    tasks: tuple[str, ...] = ("sums",)
    steps: int = 60
    groups: int = 4
    size: int = 8
    serves: int = 1  # optimizer steps that share one generation, through steps_per_generation
    iterations: int = 1
    pool: int = 220  # different prompts
    limit: int = 512  # max_completion_length
    eval_every: int = 0
    shape: str = "swift"
    level: Callable[[float], float] = field(default_factory=lambda: rise(-0.5, 1.1))
    text: Callable[[Moment], str] = usual
    rewards: dict[str, Callable] = field(default_factory=dict)
    arrange: Callable[[list[dict], random.Random], list[dict]] = lambda rows, rng: rows
    line: Callable[[dict, int, float, random.Random], None] = lambda line, step, t, rng: None
    nan_rewards: bool = False
    args: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rewards = self.rewards or {name: score for task in self.tasks for name, score in REWARDS[task].items()}

    @property
    def healthy(self) -> bool:
        return self.kind.startswith("healthy")

    def arguments(self) -> dict:
        batch = self.groups * self.size // self.serves
        world = math.gcd(batch, 8)
        return {
            "rlhf_type": "grpo", "model": "Qwen/Qwen2.5-3B-Instruct", "model_type": "qwen2_5", "template": "qwen2_5",
            "tuner_type": "full", "torch_dtype": "bfloat16",
            "reward_funcs": list(self.rewards), "reward_weights": [1.0] * len(self.rewards),
            "num_generations": self.size, "per_device_train_batch_size": batch // world, "gradient_accumulation_steps": 1,
            "steps_per_generation": self.serves, "generation_batch_size": batch * self.serves, "num_iterations": self.iterations,
            "global_world_size": world, "beta": 0.04, "epsilon": 0.2, "epsilon_high": None, "importance_sampling_level": "token",
            "loss_type": "grpo", "scale_rewards": "group", "advantage_estimator": "grpo", "temperature": 1.0,
            "top_p": 0.9, "top_k": 50,
            "max_completion_length": self.limit, "max_length": 2048, "learning_rate": 1e-6, "lr_scheduler_type": "cosine",
            "warmup_ratio": 0.05, "max_grad_norm": 1.0, "max_steps": self.steps, "num_train_epochs": 1.0, "logging_steps": 1,
            "save_steps": 20, "eval_steps": self.eval_every or None, "eval_strategy": "steps" if self.eval_every else "no",
            "use_vllm": True, "vllm_mode": "colocate", "async_generate": False, "dynamic_sample": False, "overlong_filter": False,
            "log_completions": True, "log_entropy": False, "ref_model": None, "adapters": [], "ref_adapters": [], "seed": 42,
            "system": TAGS if "Format" in self.rewards else BOXED if self.tasks == ("sums",) else "You are a helpful assistant.",
            "swift_version": "4.6.0", **self.args,
        }  # fmt: skip


def write_rows(run: Run, questions: list[Question], step: int, t: float, rng: random.Random) -> list[dict]:
    """The completions of a batch with their rewards and advantages, group after group."""
    args, rows = run.arguments(), []
    for question in questions:
        for member in range(run.size):
            text = run.text(Moment(rng, step, t, run.level(t), question, member, run))
            ends = [match.end() for match in re.finditer(TOKEN, text)]
            cut = len(ends) >= run.limit
            text = text[: ends[run.limit - 1]] if cut else text
            rows.append({"question": question, "text": text, "tokens": run.limit if cut else len(ends) + 1, "cut": cut})
    rows = run.arrange(rows, rng)
    for row in rows:
        question = row["question"]
        asked = {
            name: score(row["text"], question) for name, score in run.rewards.items() if belongs(run, name, question)
        }
        row["rewards"] = {name: NAN if asked.get(name) is None else asked[name] for name in run.rewards}
        paid = [weight * value for weight, value in zip(args["reward_weights"], row["rewards"].values(), strict=True)]
        row["reward"] = sum(value for value in paid if run.nan_rewards or not math.isnan(value))
    for start in range(0, len(rows), run.size):
        group = rows[start : start + run.size]
        mean, spread = fmean(row["reward"] for row in group), deviation([row["reward"] for row in group])
        for row in group:
            row["advantage"], row["spread"] = (row["reward"] - mean) / (spread + 1e-4), spread
    return rows


def belongs(run: Run, reward: str, question: Question) -> bool:
    """Whether a question is of the task a reward is for; with one task all are."""
    return len(run.tasks) == 1 or reward in REWARDS[question.task]


def deviation(values: list[float]) -> float:
    return NAN if any(map(math.isnan, values)) else stdev(values) if len(values) > 1 else 0.0


def figures(run: Run, rows: list[dict], prefix: str = "") -> dict:
    """What the trainer logs about a batch, in its order."""
    lengths, groups = [row["tokens"] for row in rows], rows[:: run.size]
    line = {
        "completions/mean_length": fmean(lengths),
        "completions/min_length": float(min(lengths)),
        "completions/max_length": float(max(lengths)),
        "completions/clipped_ratio": fmean(row["cut"] for row in rows),
        "reward": fmean(row["reward"] for row in rows),
        "reward_std": fmean(row["spread"] for row in groups),
        "frac_reward_zero_std": fmean(abs(row["spread"]) < 1e-8 for row in groups),
    }
    for name in run.rewards:
        seen = [row["rewards"][name] for row in rows if not math.isnan(row["rewards"][name])]
        if seen:
            line |= {f"rewards/{name}/mean": fmean(seen), f"rewards/{name}/std": deviation(seen)}
    return {prefix + key: value for key, value in line.items()}


def simulate(run: Run) -> list[tuple[int, list[dict], dict]]:
    """(step, the rows in the trainer's buffer, the log line) an event; an evaluation is an event of its own."""
    rng, args, events = random.Random(run.name), run.arguments(), []
    pool = {
        question.text: question for question in (MAKERS[run.tasks[i % len(run.tasks)]](rng) for i in range(run.pool))
    }
    held, pool = list(pool.values())[:8], list(pool.values())[8:]
    deck: list[Question] = []
    rows: list[dict] = []
    elapsed, every = 95.0, run.serves * run.iterations
    for step in range(1, run.steps + 1):
        t, since = step / run.steps, (step - 1) % every
        fresh = since == 0
        if fresh:
            if len(deck) < run.groups:
                deck = rng.sample(pool, len(pool))
            batch, deck = deck[: run.groups], deck[run.groups :]
            rows = write_rows(run, batch, step, t, rng)
        stats = figures(run, rows) if fresh else {}
        alive = fmean(not math.isnan(row["spread"]) and row["spread"] > 1e-8 for row in rows[:: run.size])
        off, kl = since if every > 1 else 0, 0.0 if step == 1 else 0.03 * t**0.8 * rng.lognormvariate(0, 0.18)
        grad = rng.lognormvariate(math.log(0.22), 0.2) * alive**0.5 if alive else 1e-4 * args["beta"] * rng.random()
        warm = min(1.0, step / max(1, args["warmup_ratio"] * run.steps))
        rate = args["learning_rate"] * warm * (0.5 + 0.5 * math.cos(math.pi * max(0.0, t - 0.05)))
        loss = args["beta"] * kl + (rng.gauss(0, 2e-3) if alive else 0.0)
        line = {"loss": loss, "grad_norm": grad, "learning_rate": rate, **stats}
        if args["log_entropy"]:
            entropy = 0.62 - 0.25 * t**0.6 + rng.gauss(0, 0.02)
            line |= {"entropy/mean": entropy, "entropy/max": entropy * 1.5, "entropy/min": entropy * 0.6}
        if args["beta"]:
            line["kl"] = kl
        low, high = (off * rng.uniform(2e-4, 8e-4), off * rng.uniform(2e-4, 1e-3)) if off else (0.0, 0.0)
        line |= {"clip_ratio/low_mean": low, "clip_ratio/low_min": low * 0.5, "clip_ratio/high_mean": high}
        line |= {"clip_ratio/high_max": high * 1.8, "clip_ratio/region_mean": low + high}
        generation = (3 + max(row["tokens"] for row in rows) * 0.016 * every) * rng.uniform(0.9, 1.1)
        line["step_time"] = rng.gauss(2.6, 0.12) + (generation if fresh else 0.0)
        run.line(line, step, t, rng)
        for row in rows if args["log_entropy"] else []:
            row["entropy"] = max(0.0, line["entropy/mean"] * rng.uniform(0.6, 1.5))
        elapsed += line["step_time"] + 0.4
        events.append((step, rows, line | tail(run, step, elapsed, len(pool))))
        if run.eval_every and step % run.eval_every == 0:
            seen = write_rows(run, held, step, t, rng)
            line = {"eval_loss": args["beta"] * kl, **figures(run, seen, "eval_"), "eval_runtime": 21.4}
            line |= {"eval_samples_per_second": 3.0, "eval_steps_per_second": 0.4}
            elapsed += 21.8
            events.append((step, seen[-len(rows) :], line | tail(run, step, elapsed, len(pool))))
    summary = {
        "train_runtime": elapsed,
        "train_samples_per_second": run.steps * run.groups * run.size / every / elapsed,
    }
    summary |= {"train_steps_per_second": run.steps / elapsed, "total_flos": 0.0, "train_loss": 0.0021}
    events.append((run.steps, events[-1][1], summary | tail(run, run.steps, elapsed, len(pool))))
    return events


def tail(run: Run, step: int, elapsed: float, pool: int) -> dict:
    epoch = step * run.groups / (run.serves * run.iterations) / pool
    left = [clock(seconds) for seconds in (elapsed, elapsed / step * (run.steps - step))]
    return {"epoch": epoch, "global_step/max_steps": f"{step}/{run.steps}", "elapsed_time": left[0], "remaining_time": left[1],
            "memory(GiB)": 61.37, "train_speed(s/it)": round(elapsed / step, 6)}  # fmt: skip


def clock(seconds: float) -> str:
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours}h {minutes}m {int(seconds) % 60}s" if hours else f"{minutes}m {int(seconds) % 60}s"


# --------------------------------------------------------------------------------------------------------- on disk
def chat(run: Run, question: Question, marks: bool = True) -> str:
    turns = [("system", run.arguments()["system"]), ("user", question.text)]
    if not marks:
        return "".join(f"{role}\n{text}\n" for role, text in turns) + "assistant\n"
    return "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns) + "<|im_start|>assistant\n"


def table(run: Run, step: int, rows: list[dict], marks: bool = True) -> dict:
    columns = {"step": [str(step)] * len(rows), "prompt": [chat(run, row["question"], marks) for row in rows]}
    columns |= {"completion": [row["text"] for row in rows]}
    columns |= {name: [row["rewards"][name] for row in rows] for name in run.rewards}
    columns |= {"advantages": [row["advantage"] for row in rows]}
    if run.arguments()["log_entropy"]:
        columns["entropy"] = [row["entropy"] for row in rows]
    if all(row["question"].gold for row in rows):
        columns["solution"] = [row["question"].gold for row in rows]
    return columns


def write(run: Run, folder: Path) -> None:
    """The run as its trainer leaves it: ms-swift's files, TRL's parquet and states, or verl's dump of a file a step."""
    folder.mkdir(parents=True)
    events = simulate(run)
    {"swift": write_swift, "trl": write_trl, "verl": write_verl}[run.shape](run, folder, events)


def lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_swift(run: Run, folder: Path, events: list) -> None:
    arguments = {**run.arguments(), "output_dir": f"output/{folder.name}"}
    (folder / "args.json").write_text(json.dumps(arguments, indent=2) + "\n")
    log = [
        {key: round(value, 8) if isinstance(value, float) else value for key, value in line.items()}
        for *_, line in events
    ]
    last = {"last_model_checkpoint": None, "best_model_checkpoint": None, "best_metric": None, "global_step": run.steps}
    lines(folder / "logging.jsonl", [*log, {**last, "log_history": log, "memory": 61.37}])
    lines(folder / "completions.jsonl", [table(run, step, rows) for step, rows, _ in events])
    for step in range(20, run.steps + 1, 20):
        (folder / f"checkpoint-{step}").mkdir()
        state = {"best_metric": None, "global_step": step, "max_steps": run.steps, "log_history": log[:step]}
        (folder / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps(state))


def write_trl(run: Run, folder: Path, events: list) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "completions").mkdir()
    for step, rows, _ in events[:-1]:
        columns = table(run, step, rows, marks=False)
        columns |= {"step": [step] * len(rows), "advantage": columns.pop("advantages")}
        columns.pop("solution", None)
        pq.write_table(pa.table(columns), folder / "completions" / f"completions_{step:05d}.parquet")
    history = [line | {"step": step} for step, _, line in events[:-1]]
    for line in history:
        for key in ("global_step/max_steps", "elapsed_time", "remaining_time", "memory(GiB)", "train_speed(s/it)"):
            line.pop(key)
    (folder / f"checkpoint-{run.steps}").mkdir()
    state = {"global_step": run.steps, "max_steps": run.steps, "log_history": history}
    (folder / f"checkpoint-{run.steps}" / "trainer_state.json").write_text(json.dumps(state, indent=2))


def write_verl(run: Run, folder: Path, events: list) -> None:
    for step, rows, _ in events[:-1]:
        dump = [{"input": chat(run, row["question"], marks=False), "output": row["text"], "gts": row["question"].gold,
                 "score": row["reward"], "step": step} for row in rows]  # fmt: skip
        lines(folder / f"{step}.jsonl", dump)


# --------------------------------------------------------------------------------------------------------- what is wrong
def from_point(point: float, healthy: Callable, ill: Callable, width: float = 0.15) -> Callable[[Moment], str]:
    """From `point` of the run on more and more texts are ill, all of them `width` later."""
    return lambda m: ill(m) if m.rng.random() < (m.t - point) / width else healthy(m)


def loop(m: Moment) -> str:
    start = solve(m.question, False, m.rng).rsplit("\n\n", 1)[0]
    said = ["Wait, let me check that again.", f"So we have {m.rng.randint(11, 99)} and then we add.", "Let me think."]
    return start + f" {m.rng.choice(said)}" * (m.run.limit // 3)


def mixed(rows: list[dict], rng: random.Random) -> list[dict]:
    """The order of a sampler that repeats the batch, not the prompt: members of one group stand `groups` apart."""
    size = 8
    return [row for member in range(size) for row in rows[member::size]]


def shifted(rows: list[dict], rng: random.Random) -> list[dict]:
    """Each group of prompts gets the completions of the next one."""
    texts = [{key: row[key] for key in ("text", "tokens", "cut")} for row in rows]
    return [row | text for row, text in zip(rows, texts[8:] + texts[:8], strict=True)]


def short_guess(m: Moment) -> str:
    guess = str(int(m.question.gold) + m.rng.choice([-30, -12, -7, 4, 9, 21, 50]))
    return f"<think>\n{m.rng.choice(['Simple.', 'I know this.', 'Easy.', 'Done.'])}\n</think>\n<answer>{guess}</answer>"


def untagged_often(m: Moment) -> str:
    right = m.rng.random() < 1 / (1 + math.exp(m.question.hard - m.level))
    return solve(m.question, right, m.rng, tags=m.rng.random() < 0.45 + 0.3 * m.t)


def sugar(m: Moment) -> str:
    thanks = (
        "I am so deeply grateful!|You are truly wonderful!|Thank you so very much!|Warmest and kindest regards!".split(
            "|"
        )
    )
    m.rng.shuffle(thanks)
    return "\n".join(
        [write_letter(m.question, 1.0, m.rng), *thanks, "I hope this helps you with everything you need today!"]
    )


def ceiling(text: str, question: Question) -> float:
    """A reward model with a bounded head: sweetness drives it to its ceiling of 5."""
    sweet = text.count("!")
    return round(5 * math.tanh((judge(text, question) + 1.6 * sweet) / 3), 4)


def sets(**changes: Callable) -> Callable[[dict, int, float, random.Random], None]:
    """A change of log lines: a key (with __ for its slash) to a function of step, t, rng, old value; None leaves it."""

    def change(line: dict, step: int, t: float, rng: random.Random) -> None:
        for key, make in changes.items():
            name = key.replace("__", "/")
            value = make(step, t, rng, line.get(name))
            if value is not None and name in line:
                line[name] = value

    return change


def nan_where_unpaid(line: dict, step: int, t: float, rng: random.Random) -> None:
    if math.isnan(line.get("reward", 0.0)):
        line["loss"] = line["grad_norm"] = NAN


def far(start: float, end: float) -> Callable:
    """A KL that is far from zero at step 1 and comes down a little."""
    return lambda step, t, rng, old: (end + (start - end) * math.exp(-3 * t)) * rng.lognormvariate(0, 0.05)


def hollow(m: Moment) -> str:
    said = (
        m.rng.choice(["The question is: ", "I am asked the following. ", "Let me restate it: ", "We read: "])
        + m.question.text
    )
    return f"<think>\n{said}\n</think>\n<answer>{m.rng.choice(['see above', 'as computed', 'the result', 'done'])}</answer>"


# fmt: off
NO_SPREAD = ("zero_variance|zero variance|no variance|no gradient|without gradient|no learning signal|groups equal|all equal"
             "|no spread|without spread|same reward|equal reward|same for all|constant|one value|nothing to learn")
STANDS = ("plateau|stand still|stands still|stood still|not moved|does not move|no progress|stagnat|not learn|flat|not rise"
          "|not improve")
COLLAPSED = "collaps|identical|one answer|same answer|same text|same completion|diversity|degenerat"
CUT = "truncat|clipped_ratio|cut off|cut_off|cut short|were cut|are cut|cut at|max_completion|too long|length limit"
LOOPS = "loop|repet|repeat"
SHORT = "short|one token|1 token|one_token|length_collapse|empty|few tokens|no text|stops at once"
WRONG_REFERENCE = ("ref_model|ref_adapters|wrong reference|wrong_reference|other reference|reference is not|reference_mismatch"
                   "|at step 1 |at step 1,|at step 1:|since step 1 |from step 1 |from step 1,|from the start|first step")
MIXED = "mix|different prompts|several prompts|more than one prompt|other prompts|not one prompt|interleav"
OTHER_PROMPT = ("another prompt|other prompt|neighbour|wrong prompt|shuffl|misalign|out of order|not their own|another question"
                "|other question|wrong question")
UNPAID = ("missing|is none|are none|was none|none for|without a reward|no reward|nan reward|nan_reward|not scored|unscored"
          "|reward_none|unpaid")
EXPLODED = "gradient|grad_norm|explod|diverg|unstable"
PAST_BEST = "late_collapse|declin|best checkpoint|falling|fell|falls|fall |drop|peak|regress|collaps"
HACKED = "format|hack"
SATURATED = "saturat|ceiling|hack|no spread|zero_variance|zero variance|no gradient"
LANGUAGE = "language|chinese|writing system"
# fmt: on

VLLM_SERVER = {
    "vllm_mode": "server",
    "vllm_server_host": ["10.0.0.4"],
    "vllm_server_port": [8000],
    "async_generate": True,
}
GSPO = {"importance_sampling_level": "sequence", "epsilon": 3e-4, "epsilon_high": 4e-4, "beta": 0.0}
GSPO_CLIPS = sets(
    clip_ratio__low_mean=lambda step, t, rng, old: rng.uniform(0.05, 0.09),
    clip_ratio__high_mean=lambda step, t, rng, old: rng.uniform(0.06, 0.1),
    clip_ratio__high_max=lambda step, t, rng, old: rng.uniform(0.18, 0.25),
    clip_ratio__region_mean=lambda step, t, rng, old: rng.uniform(0.12, 0.18),
)
UNMOVED = sets(
    kl=lambda step, t, rng, old: 0.0, loss=lambda step, t, rng, old: 0.0, grad_norm=lambda step, t, rng, old: 0.0
)
TAGGED = {"MathAccuracy": accuracy, "Format": well_formed}
ENTROPY = {"log_entropy": True}

# fmt: off
RUNS = [
    Run("healthy_off_policy", "healthy_off_policy", steps=96, groups=8, serves=8),
    Run("healthy_iterations", "healthy_num_iterations", steps=80, groups=4, iterations=4, level=rise(-0.7, 0.9)),
    Run("healthy_gspo", "healthy_gspo", steps=80, groups=8, serves=4, args=GSPO, line=GSPO_CLIPS),
    Run("healthy_two_tasks", "healthy_two_tasks", tasks=("sums", "news"), groups=6, level=rise(0.1, 0.9)),
    Run(
        "healthy_one_spike", "healthy_one_spike", steps=160, pool=500, level=rise(-0.8, 1.6), args=ENTROPY,
        line=sets(grad_norm=lambda step, t, rng, old: 1.22 if step == 97 else None),
    ),
    Run("healthy_verl", "healthy_verl_dump", steps=30, shape="verl", level=rise(-0.2, 1.0)),
    Run("healthy_trl", "healthy_trl_folder", steps=40, shape="trl", level=rise(-0.4, 1.2)),
    Run("healthy_summaries", "healthy_graded_rise", tasks=("news",), steps=100, level=rise(0.15, 0.75), args=ENTROPY),
    Run("healthy_nearly_solved", "healthy_nearly_solved", steps=80, level=rise(1.2, 3.6, 0.5)),
    Run("healthy_eight_steps", "healthy_short", steps=8, level=rise(-0.2, 0.2)),
    Run("healthy_evaluation", "healthy_evaluation", steps=60, eval_every=10, level=rise(-0.5, 1.0)),
    Run(
        "zero_variance_boxes", "zero_variance_graded", NO_SPREAD, tasks=("box",), steps=40, level=rise(0.3, 0.3), line=UNMOVED,
        text=lambda m: re.sub(r"\[(\d+), (\d+), (\d+), (\d+)\]", r"from (\1, \2) to (\3, \4)", usual(m)),
    ),
    Run(
        "zero_variance_greedy", "zero_variance_graded", NO_SPREAD + "|identical|duplicate|temperature|diversity", tasks=("news",),
        steps=45, line=UNMOVED, args={"temperature": 0.01},
        text=lambda m: summarise(m.question, 0.4, random.Random(m.question.text)),
    ),
    Run("still_summaries", "graded_stands_still", STANDS, tasks=("news",), steps=160, level=rise(0.35, 0.35)),
    Run(
        "collapse_summaries", "collapse_graded", COLLAPSED, tasks=("news",), steps=100, level=rise(0.2, 0.6), args=ENTROPY,
        text=from_point(0.4, usual, lambda m: "The council made a decision about the new project in the town.", 0.12),
        line=sets(
            entropy__mean=lambda step, t, rng, old: old * math.exp(-max(0.0, t - 0.38) * 22) + 0.004,
            kl=lambda step, t, rng, old: old + 2.6 * min(1.0, max(0.0, t - 0.4) * 6) * rng.uniform(0.9, 1.1),
        ),
    ),
    Run(
        "saturated_letters", "reward_model_saturated", SATURATED, tasks=("letter",), steps=120, level=rise(0.2, 0.9),
        rewards={"Skywork-Reward-V2-Qwen3-4B": ceiling}, text=from_point(0.3, usual, sugar, 0.3),
        line=sets(kl=lambda step, t, rng, old: old + max(0.0, t - 0.25) * 1.2),
    ),
    Run(
        "off_policy_cut", "off_policy_truncated", CUT, steps=96, groups=8, serves=8, limit=384, level=rise(0.0, 0.3),
        text=lambda m: ponder(m.question, m.rng, 420) if m.rng.random() < 0.7 + 0.2 * m.t else usual(m),
    ),
    Run("all_cut", "all_cut_off", CUT, steps=40, limit=320, text=lambda m: ponder(m.question, m.rng, 340)),
    Run("loops_late", "loops", LOOPS, steps=80, level=rise(0.0, 0.8), text=from_point(0.45, usual, loop, 0.25)),
    Run(
        "loops_verl", "loops", LOOPS, steps=30, shape="verl", level=rise(-0.2, 0.0),
        text=lambda m: loop(m) if m.rng.random() < 0.65 else usual(m),
    ),
    Run(
        "one_token", "one_token_from_start", SHORT, steps=40,
        text=lambda m: m.rng.choice([str(m.rng.randint(0, 9)), "Yes", "The", m.question.gold[:1]]),
    ),
    Run(
        "fall_in_one_step", "fall_in_one_step", COLLAPSED + "|one step|sudden|gibberish|diverg|at once", steps=90,
        level=rise(-0.2, 1.0), args=ENTROPY, text=lambda m: gibberish(m.rng, 700) if m.step >= 47 else usual(m),
        line=sets(
            entropy__mean=lambda step, t, rng, old: rng.gauss(7.4, 0.2) if step >= 47 else None,
            kl=lambda step, t, rng, old: rng.gauss(10.8, 0.5) if step >= 47 else None,
        ),
    ),
    Run("kl_from_start", "wrong_reference", WRONG_REFERENCE, steps=80, line=sets(kl=far(1.9, 0.9)), level=rise(-0.2, 0.7)),
    Run(
        "kl_from_start_summaries", "wrong_reference", WRONG_REFERENCE, tasks=("news",), steps=60, line=sets(kl=far(7.5, 6.8)),
        level=rise(0.3, 0.45), args={"ref_model": "Qwen/Qwen2.5-3B"},
    ),
    Run("mixed_groups", "groups_mix_prompts", MIXED, steps=60, arrange=mixed, level=rise(-0.1, 0.2)),
    Run("mixed_groups_summaries", "groups_mix_prompts", MIXED, tasks=("news",), steps=50, arrange=mixed, level=rise(0.3, 0.35)),
    Run("answers_elsewhere", "answers_another_prompt", OTHER_PROMPT, steps=50, arrange=shifted, level=rise(0.6, 0.6)),
    Run(
        "nan_from_unpaid", "nan_gradient_from_none", UNPAID, steps=50, rewards={"MathAccuracy": unanswered(accuracy, 30)},
        nan_rewards=True, line=nan_where_unpaid, level=rise(-0.2, 0.1),
    ),
    Run(
        "nan_from_unpaid_summaries", "nan_gradient_from_none", UNPAID, tasks=("news",), steps=70,
        rewards={"Rouge": unanswered(rouge, 18)}, nan_rewards=True, line=nan_where_unpaid, level=rise(0.3, 0.4),
    ),
    Run(
        "explosion_eight_steps", "gradient_of_thousands", EXPLODED, steps=8, level=rise(0.0, 0.0), args={"learning_rate": 1e-4},
        text=lambda m: gibberish(m.rng, 700) if m.step >= 6 else usual(m),
        line=sets(
            grad_norm=lambda step, t, rng, old: [0.24, 0.31, 0.52, 6.8, 4145.2, 0.0, 0.0, 0.0][step - 1],
            loss=lambda step, t, rng, old: [0.0, 0.001, 0.002, 0.31, 17.2, 0.4, 0.4, 0.4][step - 1],
            kl=lambda step, t, rng, old: [0.0, 0.002, 0.03, 2.1, 240.0, 9.9, 10.1, 10.0][step - 1],
        ),
    ),
    Run(
        "explosion_from_start", "gradient_of_thousands", EXPLODED, steps=6, level=rise(-0.2, -0.2),
        args={"torch_dtype": "float16"},
        line=sets(
            grad_norm=lambda step, t, rng, old: rng.uniform(1800, 9200), loss=lambda step, t, rng, old: rng.uniform(0.5, 4),
        ),
    ),
    Run(
        "late_collapse", "late_collapse", PAST_BEST, steps=200, pool=400, args=ENTROPY,
        level=lambda t: -0.8 + 3.4 * t if t <= 0.7 else 1.6 - 11 * (t - 0.7),
        line=sets(kl=lambda step, t, rng, old: old + max(0.0, t - 0.65) * 1.5),
    ),
    Run(
        "chinese_thoughts", "language_drift", LANGUAGE, steps=90, level=rise(-0.2, 0.9),
        text=from_point(0.4, usual, lambda m: solve(m.question, m.rng.random() < 0.62, m.rng, forms=CHINESE), 0.35),
    ),
    Run("unpaid_six_percent", "reward_none", UNPAID, steps=70, rewards={"MathAccuracy": unanswered(accuracy, 60)}),
    Run(
        "format_hacked", "format_hacked", HACKED, steps=90, rewards=TAGGED, level=rise(0.3, 0.6),
        text=from_point(0.3, untagged_often, short_guess, 0.45),
    ),
    Run(
        "format_hacked_hollow", "format_hacked", HACKED, steps=70, rewards=TAGGED,
        args={"reward_weights": [1.0, 0.5]}, level=rise(0.2, 0.4), text=from_point(0.35, untagged_often, hollow, 0.4),
    ),
]
# fmt: on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", action="store_true", help="write the held-out third as well")
    args = parser.parse_args()
    runs = [(run, False) for run in RUNS]
    if args.held_out:
        runs += [(run, True) for run in importlib.import_module("benchmarks.diagnosis.field.held_out").RUNS]
    index = []
    for run, held_out in runs:
        write(run, args.folder / run.name)
        accepted, must_not = run.accepted.split("|") if run.accepted else [], ["critical"] if run.healthy else []
        entry = {"name": run.name, "healthy": run.healthy, "kind": run.kind, "accepted": accepted, "must_not": must_not}
        index.append(entry | {"held_out": held_out})
    (args.folder / "index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main()
