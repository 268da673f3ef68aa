"""A run whose texts, class names and prompts attack whatever shows them."""

import json
from pathlib import Path

from benchmarks.diagnosis.own.synthetic import Run, line_and_metrics

HOSTILE = [
    "<script>window.__pwned = 1</script>",
    "<img src=x onerror='window.__pwned = 1'><svg onload='window.__pwned = 1'></svg>",
    "</script><script>window.__pwned = 1</script><!-- <script>",
    '<a href="javascript:window.__pwned = 1">a link</a> [a link](javascript:window.__pwned=1)',
    "abc \u202edlrow\u202c a\u200bb \ufeff c\u2028d\u2029e \x00\x1b[31m\x07 \ud800 \u2066",
    "start " + "x" * 1_000_000 + " <answer>7</answer>",
    "{{script}} {{data}} ${window.__pwned = 1} `${window.__pwned = 1}` \\u003cscript> ]]> &lt;b&gt; &amp;",
    "<think>a thought with 7 in it</think><answer>7</answer><style>body{display:none}</style>",
]


def write_hostile(folder: Path, steps: int = 3) -> Path:
    """Three steps of two groups of eight, as ms-swift writes them; prompts, golds and class names are hostile too."""
    folder.mkdir()
    names = ("MathAccuracy", "<script>window.__pwned = 1</script>")
    (folder / "args.json").write_text(json.dumps({"num_generations": 8, "reward_funcs": ["a", "b"]}))
    for step in range(1, steps + 1):
        append_step(folder, step, names)
    return folder


def append_step(
    folder: Path, step: int, names: tuple = Run.reward_names, prompt: str = HOSTILE[1] + HOSTILE[4]
) -> None:
    rows = [
        {
            "prompt": f"{prompt} {group}",
            "completion": text,
            "solution": HOSTILE[0],
            names[0]: float(k == 7),
            names[1]: 1.0,
        }
        for group in range(2)
        for k, text in enumerate(HOSTILE)
    ]
    line, metrics = line_and_metrics(step, rows, names, None, 8)
    with (folder / "completions.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    with (folder / "logging.jsonl").open("a") as scalars:
        scalars.write(json.dumps(metrics | {"global_step/max_steps": f"{step}/99", "kl": 0.1}) + "\n")
