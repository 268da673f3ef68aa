"""For every test, and for the examples in docstrings, which stand outside tests/."""

import pytest


@pytest.fixture(autouse=True)
def cache_of_examples(request):
    """An example that opens a log leaves nothing in the cache of who runs it."""
    if isinstance(request.node, pytest.DoctestItem):
        folder = request.getfixturevalue("tmp_path")
        request.getfixturevalue("monkeypatch").setenv("XDG_CACHE_HOME", str(folder))
