"""Runs several `swift rlhf` command lines one after the other in this process: `python -m tests.e2e.two_steps < lists.json`."""

import json
import sys
import time
import traceback


def main() -> None:
    from swift import rlhf_main

    for name, argv in json.load(sys.stdin).items():
        begun, error = time.monotonic(), ""
        try:
            rlhf_main(argv)
        except Exception:
            error = traceback.format_exc()
        print("\nRESULT" + json.dumps({"name": name, "seconds": round(time.monotonic() - begun, 1), "error": error}))


if __name__ == "__main__":
    main()
