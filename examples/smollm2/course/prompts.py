"""Prompts for the course's exercise: four requests about each of forty things, as ms-swift rows.

    python prompts.py TRAIN.jsonl HELD_OUT.jsonl SEED

The course uses mlabonne/smoltldr from the hub; its reward looks at length alone, so any prompts that ask for prose do.
"""

import json
import random
import sys
from pathlib import Path

REQUESTS = [  # in one sentence: else each answer of SmolLM2 is longer than 60 tokens, and all of a group are paid the same
    "Tell me about {} in one sentence.",
    "Say in one sentence what {} is good for.",
    "Describe {} to a child in one sentence.",
    "Say in one sentence why people like {}.",
]
THINGS = """bread, rain, a bicycle, the moon, a library, salt, a river, music, a bridge, winter, a garden, tea, a clock, paper,
a dog, the sea, chess, glass, a train, honey, a mountain, football, a map, wool, a candle, a school, rice, a forest, a window,
soap, a market, cheese, a kite, silk, an apple, a lighthouse, a pencil, dancing, a bee, a volcano"""
HELD_OUT = 2  # things, each with all its requests


def rows(things: list[str]) -> list[str]:
    """A line for each request about each thing.

    >>> rows(["tea"])[0]
    '{"messages": [{"role": "user", "content": "Tell me about tea in one sentence."}]}\\n'
    """
    texts = [request.format(thing) for thing in things for request in REQUESTS]
    return [json.dumps({"messages": [{"role": "user", "content": text}]}) + "\n" for text in texts]


if __name__ == "__main__":
    train, held_out, seed = sys.argv[1:]
    rng = random.Random(int(seed))
    things = [" ".join(thing.split()) for thing in THINGS.split(",")]
    rng.shuffle(things)
    for path, part in ((train, rows(things[HELD_OUT:])), (held_out, rows(things[:HELD_OUT]))):
        rng.shuffle(part)
        Path(path).write_text("".join(part))
        print(f"{path}: {len(part)} prompts")
