"""Rewards and plugins."""

from benchmarks.preflight.second.base import *

KIND = "rewards"


def plugin(text: str, name: str = "mine.py") -> dict:
    return MODEL | DATA | {name: text}


HEAD = "from swift.rewards import ORM, orms\n\n\n"
GOOD = "class Short(ORM):\n    def __call__(self, completions, **kwargs):\n        return [float(len(c) < 200) for c in completions]\n\n\n"

mistake(KIND, "reward-misspelt", train(reward_funcs=["math_acuracy", "r1_format"]), "math_acuracy", "math_accuracy", "grpo_trainer.py:2228: reward_function is not implemented")
mistake(KIND, "reward-commas", train(reward_funcs="math_accuracy,r1_format"), "math_accuracy,r1_format", "math_accuracy r1_format|space|blank", "one word with a comma is one name, which nobody registered")
mistake(KIND, "reward-weights-three", train(reward_weights=[1, 0.5, 0.25]), ["reward_weights", "3"], "2|two", "grpo_trainer.py:2269: number of reward weights must match")
mistake(KIND, "reward-plugin-missing", train(external_plugins="plugins/mine.py", reward_funcs=["accuracy"]), "plugins/mine.py", "path|exist|not there|plugin/plugin.py|no such", "import_external_file asserts the folder")
mistake(
    KIND,
    "reward-plugin-syntax",
    train(external_plugins="mine.py", reward_funcs=["short"]),
    ["mine.py", "line 5|:5|syntax"],
    "5",
    "a colon is missing in line 5: SyntaxError on import",
    files=plugin(HEAD + "class Short(ORM)\n    pass\n").copy() | {"mine.py": "from swift.rewards import ORM, orms\n\n\nclass Short(ORM):\n    def __call__(self, completions, **kwargs)\n        return [0.0 for c in completions]\n\n\norms['short'] = Short\n"},
)
mistake(KIND, "reward-plugin-import", train(external_plugins="mine.py", reward_funcs=["short"]), ["mine.py", "sympy_grader"], "install|sympy_grader", "ModuleNotFoundError on import", files=plugin("import sympy_grader\n" + HEAD + GOOD + "orms['short'] = Short\n"))
mistake(KIND, "reward-v3-interface", train(external_plugins="mine.py", reward_funcs=["short"]), ["mine.py", "swift.plugin"], "swift.rewards", "swift.plugin is gone since ms-swift 4", files=plugin("from swift.plugin import ORM, orms\n\n\n" + GOOD + "orms['short'] = Short\n"))
mistake(
    KIND,
    "reward-function-for-class",
    train(external_plugins="mine.py", reward_funcs=["short"]),
    ["short"],
    "class|ORM",
    "grpo_trainer.py: orms[name](args=args): a function is called with args, TypeError",
    files=plugin(HEAD + "def short(completions, **kwargs):\n    return [float(len(c) < 200) for c in completions]\n\n\norms['short'] = short\n"),
)
mistake(KIND, "reward-no-solution", train(), ["solution", "data.jsonl|column"], "solution|columns", "math_accuracy needs `solution`; the rows have it under `gold`", files=MODEL | {"data.jsonl": jsonl([{"messages": r["messages"], "gold": r["solution"]} for r in rows()])})
mistake(
    KIND,
    "reward-init-without-args",
    train(external_plugins="mine.py", reward_funcs=["short"]),
    ["short", "__init__|args"],
    "args",
    "built as cls(args=args); this __init__ takes none: TypeError",
    files=plugin(HEAD + GOOD.replace("    def __call__", "    def __init__(self):\n        self.longest = 200\n\n    def __call__") + "orms['short'] = Short\n"),
)
mistake(KIND, "reward-overlong-no-cache", train(reward_funcs=["math_accuracy", "dapo_overlong"]), ["soft_cache_length"], "soft_cache_length", "plugin/README.md: soft_cache_length has no default")
mistake(KIND, "reward-model-plugin-unknown", train(reward_funcs=["math_accuracy"], reward_model="rm", reward_model_plugin="my_genrm"), ["my_genrm"], "default|genrm|rm_plugins|regist", "grpo_trainer.py: rm_plugin is not implemented", files=MODEL | DATA | model("rm"))
mistake(KIND, "reward-twice", train(reward_funcs=["math_accuracy", "math_accuracy"]), ["math_accuracy"], "twice|once|duplicate|two|reward_weights", "counted twice, and both share the one column rewards/AnswerAccuracy", level="warning")
