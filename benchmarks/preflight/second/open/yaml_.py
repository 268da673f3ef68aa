"""The YAML in front of the flags."""

from benchmarks.preflight.second.base import *

KIND = "yaml"
IN_FILE = ("num_generations", "learning_rate", "max_steps", "report_to", "reward_funcs")
GOOD = "num_generations: 4\nlearning_rate: 1.0e-5\nmax_steps: 20\nreport_to: none\nreward_funcs: [math_accuracy, r1_format]\n"


def by_file(text: str, name: str = "run.yaml", **changes) -> dict:
    """The command and the files of a run with this configuration."""
    left_out = dict.fromkeys(IN_FILE)
    return {"command": train(config=name, **(left_out | changes)), "files": MODEL | DATA | {name: text}}


mistake(KIND, "yaml-tab", mention=["run.yaml", "2"], fix="tab|blank|space|line 2|indent", why="a tab as indentation: yaml.safe_load raises", **by_file("num_generations: 4\n\tlearning_rate: 1.0e-5\nmax_steps: 20\nreport_to: none\nreward_funcs: [math_accuracy, r1_format]\n"))
mistake(KIND, "yaml-bracket-open", mention=["run.yaml"], fix="]|bracket|line 5|line 6|5|6", why="the list is not closed: yaml.safe_load raises", **by_file(GOOD.replace("r1_format]", "r1_format")))
mistake(KIND, "yaml-key-twice", mention=["learning_rate"], fix="twice|once|two|again|line", why="the last one wins without a word: 1e-3, not 1e-5", level="warning", **by_file(GOOD + "learning_rate: 1.0e-3\n"))
mistake(
    KIND,
    "yaml-not-first",
    mention=["run.yaml"],
    fix="first|after swift rlhf|front|before",
    why="only the first argument is expanded; here it is left over",
    command=[*train(**dict.fromkeys(IN_FILE)), "--num_generations", "4", "--reward_funcs", "math_accuracy", "--seed", "1", "run.yaml"],
    files=MODEL | DATA | {"run.yaml": GOOD},
)
mistake(KIND, "yaml-list", mention=["run.yaml"], fix="key: value|mapping|list|key", why="a list on top has no .pop('ENV', None) of a mapping: TypeError", **by_file("- num_generations: 4\n- learning_rate: 1.0e-5\n- max_steps: 20\n"))
mistake(KIND, "yaml-key-misspelt", mention=["num_generation_s"], fix="num_generations", why="becomes --num_generation_s: remaining_argv", **by_file(GOOD.replace("num_generations", "num_generation_s")))
mistake(KIND, "yaml-no-value", mention=["learning_rate"], fix="1e-5|1.0e-5|1e-6|value|number", why="None becomes the text `None`: float('None')", **by_file(GOOD.replace("learning_rate: 1.0e-5", "learning_rate:")))
mistake(KIND, "yaml-rewards-one-text", mention=["math_accuracy r1_format"], fix="[math_accuracy, r1_format]|list|[", why="one text becomes one argument: a reward called `math_accuracy r1_format`", **by_file(GOOD.replace("[math_accuracy, r1_format]", "math_accuracy r1_format")))
mistake(KIND, "yaml-equals", mention=["run.yaml"], fix=":", why="lines of name=value are one YAML text, and a text has no .pop", **by_file(GOOD.replace(": ", "=")))
