"""The page's data: a run as one dict of plain values."""

from collections.abc import Sequence
from dataclasses import asdict

from swift_grpo.formats.evaluations import beside
from swift_grpo.rollouts.diagnosis import Finding, diagnose
from swift_grpo.rollouts.diagnosis_summary import places_of, verdict
from swift_grpo.rollouts.facts import configuration
from swift_grpo.rollouts.facts.browse import tabulate
from swift_grpo.rollouts.facts.checkpoints import best, checkpoints
from swift_grpo.rollouts.facts.curves import curves, laid_over
from swift_grpo.rollouts.facts.distributions import distributions
from swift_grpo.rollouts.facts.heat import heat
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.page.chart_of_check import chart_of
from swift_grpo.rollouts.page.group_sample import last_of, sample


def page_data(index: Index) -> dict:
    """Everything about a run except the texts of its groups. Keys:

    run       name, path, brief and settings (its configuration), steps ([first, last] or None), completions, prompts,
              groups (how many)
    trust     lines, bad (whether steps differ or lines cannot be read)
    rewards   the classes; accuracy: the one that pays for right answers, or None
    curves    see `curves.curves`; distributions: see `distributions`; heat: see `heat.heat`
    evaluations  see `evaluations.beside`
    checkpoints  for each step, name, reward, solved, evaluation, measure; best (whether it is the one to return to)
    findings  see `findings_data`; verdict: one line
    """
    groups = tabulate(index)
    checked = trust(index)
    return {
        "run": about(index) | {"groups": groups},
        "trust": {"lines": checked.lines, "bad": checked.reconciled < checked.of or checked.unreadable > 0},
        "rewards": index.reward_names,
        "accuracy": index.accuracy_name,
        "curves": curves(index),
        "distributions": distributions(index),
        "heat": heat(index),
        "evaluations": beside(index.run.root),
        "checkpoints": _checkpoints(index),
    }


def _checkpoints(index: Index) -> list[dict]:
    saved = checkpoints(index)
    chosen = best(saved)
    return [asdict(one) | {"path": None, "name": one.path.name, "best": one is chosen} for one in saved]


def _apart(names: list[str]) -> list[str]:
    """Names of runs, numbered where two are the same."""
    return [name if names.count(name) == 1 else f"{name} ({k + 1})" for k, name in enumerate(names)]


def about(index: Index) -> dict:
    """The run in a few values."""
    completions, prompts, first, last = index.query(
        "SELECT count(*), count(DISTINCT prompt_hash), min(step), max(step) FROM train"
    )[0]
    return {
        "name": f"{index.run.root.parent.name}/{index.run.root.name}",
        "path": str(index.run.root),
        "brief": configuration.brief(index.run),
        "settings": list(configuration.settings(index.run).items()),
        "steps": None if first is None else [first, last],
        "completions": completions,
        "prompts": prompts,
    }


def findings_data(index: Index, found: list[Finding] | None = None) -> dict:
    """`findings`, worst first, each with `look` (STEP:GROUP:I of rollouts to read) and `chart` (the id of the chart
    that shows it, or ""), and the `verdict` on one line."""
    found = diagnose(index) if found is None else found
    places = places_of(index, found)
    shown = []
    for finding in found:
        values = asdict(finding)
        values.pop("strength")
        look = [places[one] for one in values.pop("rollouts") if one in places]
        shown.append(values | {"look": look, "chart": chart_of(finding.check)})
    return {"findings": shown, "verdict": verdict(found)}


def report_data(index: Index, others: Sequence[Index] = ()) -> tuple[dict, list[str]]:
    """The dict of `page_data` with findings, and the sampled groups as JSON texts.

    With others, `curves` are those of all runs, and `others` their names, the settings that differ, and each run's last
    groups of the prompts in `heat`.
    """
    data = page_data(index)
    prompts = [int(prompt["p"]) for prompt in data["heat"]["prompts"]] if data["heat"] else []
    if others:
        runs = [index, *others]
        names = _apart([about(one)["name"] for one in runs])
        data["curves"] = laid_over(names, [data["curves"], *map(curves, others)])
        settings = sorted({name for one in others for name in configuration.differences(index.run, one.run)})
        values = [[configuration.text(one.run.args.get(name)) for one in runs] for name in settings]
        for one in others:
            tabulate(one)
        last = [last_of(one, prompts) for one in others]
        data["others"] = {"names": names, "settings": list(zip(settings, values, strict=True)), "last": last}
    found = diagnose(index)
    groups = sample(index, [one for finding in found for one in finding.rollouts], prompts)
    return data | findings_data(index, found), groups
