"""`swift-grpo eval diff`: pairs by question, refuses what is unlike, and shows what flipped; ties are ties."""

import json

import pytest

from swift_grpo.evaluation import diff, diff_text
from tests.evaluation.conftest import question_set
from tests.evaluation.test_evaluate import run


def compared(a, b, **more):
    (one,), (other,) = (list(diff.load(folder).values()) for folder in (a, b))
    return diff.compare(one, other, **more)


def test_a_better_model_is_told_apart_and_a_tie_is_not(evaluated):
    weak, strong = evaluated("weak", 0.6), evaluated("strong", 1.1)
    found = compared(weak, strong)
    assert found.measures["mean@4"].low > 0
    assert found.measures["mean@4"].p < 0.001
    assert found.measures["pass@4"].test == "exact McNemar"
    assert "better" in diff_text.verdict(found)
    solved, lost = diff_text.flipped(found)
    assert len(solved) > len(lost)
    tie = compared(strong, evaluated("again", 1.1, seed=1))
    assert tie.measures["mean@4"].low < 0 < tie.measures["mean@4"].high


def test_what_is_unlike_is_refused_unless_told(evaluated, tmp_path):
    a = evaluated("a", 0.9)
    hot = evaluated("hot", 0.9, temperature=0.5)
    other = evaluated("other", 0.9, sets={"set": question_set(tmp_path / "other.jsonl", 41)})
    with pytest.raises(ValueError, match=r"temperature is 1.0 and 0.5"):
        compared(a, hot)
    assert compared(a, hot, force=True).notes == ["temperature is 1.0 and 0.5"]
    with pytest.raises(ValueError, match="other questions or golds"):
        compared(a, other)
    summary = json.loads((a / "set/summary.json").read_text())
    (a / "set/summary.json").write_text(json.dumps(summary | {"grader": "another"}))
    with pytest.raises(ValueError, match="another grader"):
        compared(a, evaluated("b", 0.9))


def test_more_samples_on_one_side_are_welcome(evaluated):
    found = compared(evaluated("a", 0.6, n=1), evaluated("b", 1.1, n=8))
    assert found.measures["mean@8"].test == "t on questions"
    assert "pass@8" not in found.measures


def test_one_sample_each_is_mcnemar(evaluated):
    found = compared(evaluated("a", 0.6, n=1), evaluated("b", 1.1, n=1))
    assert found.measures["mean@1"].test == "exact McNemar"
    assert list(found.measures["mean@1"].plan(5)) == [1]


def test_on_the_command_line(evaluated, tmp_path):
    a, b = evaluated("a", 0.6), evaluated("b", 1.1)
    shown = run("diff", a, b, "--power", 5, "--html", tmp_path / "diff.html")
    assert shown.returncode == 0, shown.stderr
    for part in ("B is", "mean@4", "solved by B", "true difference of 5 points"):
        assert part in shown.stdout
    assert (tmp_path / "diff.html").read_text().startswith("<!doctype html>")
    values = json.loads(run("diff", a / "set", b / "set", "--json", "--power", 5).stdout)["set"]
    assert len(values["questions"]) == 40
    assert values["questions_needed"]["4"] > 2
    assert run("diff", a, b, "--format", "md").stdout.startswith("# stub against stub on set")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["diff", "A", "none"], "holds no evaluation"),
        (["diff", "A", "A", "--power", "0"], "it must be above 0"),
        (["diff", "A", "A", "--format", "xml"], "text, json or md"),
        (["diff", "A", "BROKEN"], "line 1: not a graded question"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(evaluated, tmp_path, arguments, message):
    a = evaluated("a", 0.9)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "summary.json").write_bytes((a / "set/summary.json").read_bytes())
    (broken / "grades.jsonl").write_text("{}\n")
    done = run(*({"A": a, "BROKEN": broken}.get(word, word) for word in arguments))
    assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


def test_hostile_texts_are_texts_everywhere(evaluated, tmp_path, monkeypatch):
    nasty = "</script><script>alert(1)</script>[bold]\x1b[31m![x](javascript:1)\n```\n# big\u202e"
    rows = [{"messages": [{"role": "user", "content": f"Say {i} of 9 "}], "solution": str(i)} for i in range(8)]
    path = tmp_path / "nasty.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    from tests.evaluation import conftest

    for name, right in (("a", False), ("b", True)):
        monkeypatch.setattr(
            conftest,
            "player",
            lambda skill, right=right: lambda p, s: f"{nasty}<answer>{p.split()[1] if right else nasty}</answer>",
        )
        evaluated(name, 0.5, sets={"nasty": path})
    done = run("diff", tmp_path / "a", tmp_path / "b", "--html", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "alert(1)</script>" not in (tmp_path / "page.html").read_text()
    text = run("diff", tmp_path / "a", tmp_path / "b", "--format", "md").stdout
    assert not [line for line in text.splitlines() if "alert" in line and not line.startswith("    ")]
