"""The parts of a run: what its arguments say, what the policy is like at a step, and one completion."""

from dataclasses import dataclass, field

from benchmarks.diagnosis.first.problems import Problem


@dataclass
class Settings:
    """What `args.json` says, and the healthy way the policy would go without an illness."""

    steps: int = 160
    generations: int = 8
    prompts: int = 4
    questions: int = 300
    beta: float = 0.04
    learning_rate: float = 1e-6
    scheduler: str = "cosine"
    tuner: str = "full"
    temperature: float = 1.0
    limit: int = 512
    max_length: int = 1024
    iterations: int = 1
    logging_steps: int = 1
    loss_type: str = "grpo"
    log_entropy: bool = False
    correction: bool = False
    rewards: list[str] = field(default_factory=list)
    weights: list[float] | None = None
    style: str = "r1"
    language: str = "en"
    eval_every: int = 0
    eval_questions: int = 16
    resumed_at: int = 0  # the checkpoint that a second process went on from
    lost: int = 0  # steps that the first process did after it
    # The policy's way: skill in logits at the start and its gain, when half of the gain is there (share of the run).
    skill: float = -0.8
    gain: float = 2.2
    half: float = 0.3
    spread: float = 1.3
    format_start: float = 0.5
    format_end: float = 0.985
    reflections: float = 2.5
    growth: float = 0.35
    entropy: float = 0.7
    grad: float = 0.35
    wobble: float = 0.06
    rambling: float = 0.0  # share of thoughts that go on several times as long, at the start


@dataclass
class Policy:
    """The policy at one step, and the scalars that the trainer logs of it."""

    skill: float
    format: float
    reflections: float
    rambling: float = 0.0  # chance of a thought several times as long
    copy: float = 0.0  # chance that a member of a group is a copy of an earlier one
    near: float = 0.0  # chance that it is one with a sentence changed
    foreign: float = 0.0  # chance of a thought in `foreign_language`
    foreign_language: str = "zh"
    salad: float = 0.0  # chance of a completion out of debris
    corrupt: float = 0.0  # share of words replaced in each completion
    entropy: float = 0.5
    kl: float = 0.0
    grad: float = 0.3
    clip: float = 0.0
    mismatch: float = 0.0006  # KL between trainer and rollout engine


@dataclass(slots=True)
class Sample:
    """One completion with what was meant by it. `right` is what the policy meant; the rewards look at `text`."""

    step: int
    group: int
    member: int
    problem: Problem
    right: bool
    limit: int
    sentences: list[str]
    answer: str
    text: str = ""
    tokens: int = 0
    truncated: bool = False
