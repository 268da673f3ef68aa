"""Runs several `swift rlhf` command lines one after the other in this process: `python -m tests.e2e.two_steps < lists.json`.

A line may begin with NAME=VALUE words, which stand in the environment from then on.
"""

import json
import os
import sys
import time
import traceback
from itertools import takewhile


def main() -> None:
    from swift import rlhf_main

    for name, argv in json.load(sys.stdin).items():
        begun, error = time.monotonic(), ""
        environ = dict(word.split("=", 1) for word in takewhile(lambda word: word[0] != "-", argv))
        os.environ.update(environ)
        try:
            rlhf_main(argv[len(environ) :])
        except Exception:
            error = traceback.format_exc()
        print("\nRESULT" + json.dumps({"name": name, "seconds": round(time.monotonic() - begun, 1), "error": error}))


if __name__ == "__main__":
    main()
