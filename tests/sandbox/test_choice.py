"""Which sandbox is chosen, and what is said where none holds."""

import pytest

from swift_grpo.sandbox import NoSandbox, choice, choose, local


@pytest.fixture(autouse=True)
def fresh():
    choice._chosen.cache_clear()
    yield
    choice._chosen.cache_clear()


@pytest.mark.slow
def test_without_bubblewrap_it_is_landlock(monkeypatch):
    monkeypatch.setattr(local.shutil, "which", lambda name: None)
    try:
        assert choose().name == "landlock"
    except NoSandbox as error:
        assert "Landlock" in str(error)


def test_without_any_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(local.shutil, "which", lambda name: None)
    with pytest.raises(NoSandbox, match=r"apt install bubblewrap"):
        choose(only="bubblewrap")


def test_a_trial_that_gets_out_refuses_the_sandbox(monkeypatch):
    class Leaky:
        def __init__(self, name):
            pass

        def run(self, program, limits):
            from swift_grpo.sandbox import Outcome

            return [Outcome("ended", 0, "opened a socket\n")]

    monkeypatch.setattr(choice, "Local", Leaky)
    with pytest.raises(NoSandbox, match="opened a socket"):
        choose()
