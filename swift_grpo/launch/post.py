"""Posts an alert: its URL, a line break and JSON on stdin, where no other user can read the URL. A process of its own."""

import sys
import time

import httpx


def post(url: str, alert: str) -> str:
    """Post JSON in up to three tries of 5 s; returns '' or why it failed, without the URL. Follows no redirect."""
    why = ""
    for pause in (1, 3, 0):
        try:
            answer = httpx.post(url, content=alert, headers={"Content-Type": "application/json"}, timeout=5)
            if answer.is_success or (answer.status_code < 500 and answer.status_code != 429):
                return "" if answer.is_success else f"the answer is {answer.status_code}"
            why = f"the answer is {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = type(error).__name__
        time.sleep(pause)
    return why


if __name__ == "__main__":
    address, _, text = sys.stdin.read().partition("\n")
    sys.exit(post(address, text) or 0)
