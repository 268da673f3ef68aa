"""For every test, and for the examples in docstrings, which stand outside tests/."""

import signal

import pytest

collect_ignore = [
    "swift_grpo/data/gym_rows.py",  # it has no example, and reasoning-gym takes two seconds to import
    "tests/e2e/site",  # Debian's Python has a sitecustomize.py of its own
]


@pytest.fixture(scope="session", autouse=True)
def signals_of_a_foreground_shell():
    """`nohup` and a script's `&` have signals ignored, and all that a test starts would inherit that.

    A handler that does nothing still keeps a hang-up from ending these tests, and what they start gets the default:
    exec keeps what is ignored and resets what is handled. A fixture runs in each of xdist's workers too.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(autouse=True)
def cache_of_examples(request):
    """An example that opens a log leaves nothing in the cache of who runs it."""
    if isinstance(request.node, pytest.DoctestItem):
        folder = request.getfixturevalue("tmp_path")
        request.getfixturevalue("monkeypatch").setenv("XDG_CACHE_HOME", str(folder))
