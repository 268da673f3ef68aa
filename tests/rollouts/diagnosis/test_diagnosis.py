"""Each planted problem is the first finding, a healthy run raises no alarm, and missing data is said to be missing."""

import json
import re
from pathlib import Path

import pytest

from benchmarks.diagnosis.own.illnesses import HEALTHY, ILL, PolicyCollapse
from benchmarks.diagnosis.own.sampled import Healthy
from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.rollouts.diagnosis import CHECKS, diagnose
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.terminal.findings import markdown
from tests.rollouts.diagnosis.recorded import COMMAND, lines, recorded

RECORDED = recorded()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def findings_of(kind, folder):
    run = kind()
    with open_index(run.write(folder)) as index:
        found = trust(index)
        assert (found.reconciled, found.of) == (run.steps, run.steps)
        return [f for f in diagnose(index) if f.severity != "skipped"]


def test_every_check_has_a_run():
    assert {kind.expected for kind in ILL} == set(CHECKS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ILL, ids=lambda kind: kind.__name__)
def test_planted_problem_comes_first(tmp_path, kind):
    found = findings_of(kind, tmp_path / "run")
    assert lines(found) == RECORDED[kind.__name__], COMMAND
    first = found[0]
    assert first.check == kind.expected
    assert first.severity in ("critical", "warn")
    assert re.search(r"\d", first.evidence) and re.search(r"\d|any", first.threshold)
    assert "--" in first.fix or "`" in first.fix
    assert first.began is not None
    assert 1 <= len(first.rollouts) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", HEALTHY, ids=lambda kind: kind.__name__)
def test_healthy_is_no_alarm(tmp_path, kind):
    found = findings_of(kind, tmp_path / "run")
    assert [f.check for f in found if f.severity in ("critical", "warn")] == []
    assert lines(found) == RECORDED[kind.__name__], COMMAND


def test_it_says_when_it_began(tmp_path):
    first = findings_of(PolicyCollapse, tmp_path / "run")[0]
    assert abs(first.began - 0.86 * PolicyCollapse.steps) <= 3
    assert first.ended is None


class OddKey(Run):
    """A key that nobody thought of jumps."""

    steps = 60

    def scalars(self, t, step):
        return super().scalars(t, step) | {
            "teacher/agreement": (0.9 if t < 0.5 else 0.2) * self.rng.uniform(0.95, 1.05)
        }


def test_what_no_check_explains_is_shown(tmp_path):
    events = [
        f for f in findings_of(OddKey, tmp_path / "run") if f.check == "event" and "teacher/agreement" in f.evidence
    ]
    assert len(events) == 1 and abs(events[0].began - 31) <= 2
    assert events[0].severity == "info"


def test_worst_comes_first(tmp_path):
    with open_index(next(k for k in ILL if k.expected == "repetition")().write(tmp_path / "run")) as index:
        severities = [SEVERITIES.index(f.severity) for f in diagnose(index)]
    assert severities == sorted(severities)


class TwoRewards(Run):
    """The verdict carries a name that says nothing, beside one that says it wrongly."""

    reward_names = ("MathStyle", "CountdownORM", "Brevity")

    def rewards(self, t, text, right, formatted):
        return {"MathStyle": float(formatted), "CountdownORM": float(right), "Brevity": float(self.rng.random() < 0.5)}


class Unnamed(TwoRewards):
    reward_names = ("First", "Second")

    def rewards(self, t, text, right, formatted):
        return {"First": float(formatted), "Second": float(right)}


@pytest.mark.parametrize(("kind", "name"), [(TwoRewards, "CountdownORM"), (Unnamed, "Second")])
def test_accuracy_is_what_agrees_with_the_grader(tmp_path, kind, name, monkeypatch):
    """It is asked once, by the first view that needs to know."""
    run = kind().write(tmp_path / "run")
    with open_index(run) as index:
        assert step_rows(index) and trust(index).of
        assert index.accuracy_is_open
        diagnose(index)
        assert index.accuracy_name == name
    monkeypatch.setattr("swift_grpo.rollouts.facts.accuracy.grades", None)
    with open_index(run) as index:
        assert index.accuracy_name == name


def test_accuracy_may_be_named(tmp_path):
    with open_index(Unnamed().write(tmp_path / "run")) as index:
        diagnose(index, accuracy="First")
        assert index.accuracy_name == "First"
        with pytest.raises(ValueError, match=r"--accuracy Third: the log has First, Second"):
            diagnose(index, accuracy="Third")


class RewardModel(Run):
    reward_names = ("Scorer",)

    def rewards(self, t, text, right, formatted):
        return {"Scorer": round(self.rng.gauss(right, 0.3), 4)}


def test_a_lone_reward_model_is_no_accuracy(tmp_path):
    with open_index(RewardModel().write(tmp_path / "run")) as index:
        skipped = {f.check for f in diagnose(index) if f.severity == "skipped"}
        assert index.accuracy_name is None
    assert {"dead_prompts", "policy_collapse", "verifier_disagreement"} <= skipped
    assert not {"plateau", "zero_variance_wrong", "zero_variance_right", "length_growth"} & skipped


@pytest.mark.parametrize(
    "name",
    [
        "KLBlowup",
        "Truncation",
        "NotANumber",
        "Stalls",
        "WrongReference",
        "GradedFlat",
        "GradedCollapse",
        "TooShort",
        "FewSteps",
    ],
)
def test_scalars_alone_are_diagnosed(tmp_path, name):
    kind = next(kind for kind in ILL if kind.__name__ == name)
    run = kind().write(tmp_path / "run")
    (run / "completions.jsonl").unlink()
    with open_index(run) as index:
        found = diagnose(index)
    assert found[0].check == kind.expected and found[0].severity in ("critical", "warn")
    told = {one.check: one.title for one in found if one.severity == "skipped"}
    assert told["gibberish"] == "not checked: needs completions.jsonl (--log_completions true writes it)"


def test_a_run_that_learned_says_so(tmp_path):
    with open_index(Run().write(tmp_path / "run")) as index:
        (found,) = [one for one in diagnose(index) if one.check == "learned"]
        rows = index.query("SELECT step, avg(solved::INTEGER) FROM train GROUP BY step ORDER BY step")
    values = [row[1] for row in rows]
    before, after = sum(values[:7]) / 7, sum(values[-12:]) / 12
    assert found.severity == "info" and found.title == f"accuracy rose from {before:.0%} to {after:.0%}"


def test_the_checkpoint_to_go_back_to_is_named(tmp_path):
    run = PolicyCollapse().write(tmp_path / "run")
    for step in (20, 60, 70):
        (run / f"checkpoint-{step}").mkdir()
    with open_index(run) as index:
        first = diagnose(index)[0]
    assert first.check == "policy_collapse" and first.fix.startswith("resume from checkpoint-60, solved 0.672 and")


def test_the_real_log_that_blew_up_says_so_first():
    with open_index(Path(__file__).parents[1] / "logs/colocate") as index:
        found = [one for one in diagnose(index) if one.severity in ("critical", "warn")]
    assert (found[0].check, found[0].began) == ("gradient_spikes", 5) and "4,145" in found[0].evidence
    assert all(one.follows_from for one in found[1:])


@pytest.mark.parametrize("name", ["smollm2", "server", "transformers"])
def test_real_logs_that_went_well_are_no_alarm(name):
    with open_index(Path(__file__).parents[1] / "logs" / name) as index:
        assert [one.check for one in diagnose(index) if one.severity in ("critical", "warn")] == []


class OpenThought(Run):
    """Answers stand inside of thoughts that never end; the verifier reads them, our grader does not."""

    def completion(self, t, right, formatted, question):
        return super().completion(t, right, formatted, question).replace("</think>", "")


def test_answers_in_open_thoughts_are_no_disagreement(tmp_path):
    assert "verifier_disagreement" not in {f.check for f in findings_of(OpenThought, tmp_path / "run")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [16, 24, 71, 81, 207, 365])
def test_healthy_runs_drawn_at_random_are_no_alarm(tmp_path, seed):
    """Some that were taken for ill once: filtered or single groups, steps without a gradient, prompts that grow harder."""
    with open_index(Healthy(seed).write(tmp_path / "run")) as index:
        assert [found.check for found in diagnose(index) if found.severity in ("critical", "warn")] == []


class GrowsInVain(Run):
    """Longer, without a gain; and the same with one."""

    gain = 0.0

    def words(self, t, right):
        return int(self.rng.gauss(30 * (1 + 3 * t), 5))

    def solve(self, t, question):
        return super().solve(self.gain * t, question)


class GrowsAndPays(GrowsInVain):
    gain = 1.0


@pytest.mark.parametrize(("kind", "severity"), [(GrowsInVain, "warn critical"), (GrowsAndPays, "info")])
def test_what_pays_is_only_told(tmp_path, kind, severity):
    (found,) = [one for one in findings_of(kind, tmp_path / "run") if one.check == "length_growth"]
    assert found.severity in severity.split() and "solved" in found.evidence


def test_what_a_finding_is_about_is_no_event_beside_it(tmp_path):
    kind = next(k for k in ILL if k.__name__ == "WrongLengthGrowth")
    events = [found for found in findings_of(kind, tmp_path / "run") if found.check == "event"]
    assert not any("chars" in found.evidence for found in events)


def test_missing_data_is_skipped_and_named(tmp_path):
    """A log without rewards, logging.jsonl and args.json must not read as healthy."""
    folder = tmp_path / "run"
    folder.mkdir()
    lines = [{"step": [str(s)] * 2, "prompt": ["p", "q"], "completion": ["a", "b"]} for s in range(12)]
    (folder / "completions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with open_index(folder) as index:
        skipped = {f.check: f.title for f in diagnose(index) if f.severity == "skipped"}
    seen = {
        "boilerplate",
        "prompt_echo",
        "several_answers",
        "repetition",
        "language_mixing",
        "gibberish",
        "strange_words",
        "symbols",
        "refusal",
        "runs_on",
        "open_thought",
        "resume",
    }
    seen |= {
        "empty",
        "too_short",
        "length_collapse",
        "length_growth",
        "oscillation",
        "diversity_loss",
        "duplicate_prompts",
    }
    assert skipped.keys() >= set(CHECKS) - seen
    assert "`kl` in logging.jsonl" in skipped["kl_blowup"]
    assert "a reward" in skipped["plateau"]
    assert all(title.startswith("not checked: needs ") for title in skipped.values())


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_few_steps_skip_everything_or_say_so(tmp_path, steps):
    run = Run()
    run.steps = max(steps, 1)
    folder = run.write(tmp_path / "run")
    if steps == 0:
        (folder / "completions.jsonl").write_text("")
    with open_index(folder) as index:
        found = diagnose(index)
    assert {f.severity for f in found} <= {"skipped"}
    assert len(found) > 10
    told = markdown(found, {}).splitlines()[2:]
    assert len(told) < len(found) / 2  # what lacks the same is told in one line, and each check in one of them
    assert sum(len(re.findall(r"`\w+`", line.rpartition(": ")[2])) for line in told) == len(found)
