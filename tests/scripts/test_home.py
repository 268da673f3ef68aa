"""scripts/lib/home.sh: a home that cannot be written is replaced, any other is left alone."""

import os
import subprocess

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def home(root, **environ: str) -> str:
    words = ["bash", "-euc", f'ROOT={root}; source {ROOT}/scripts/lib/home.sh; touch "$HOME/file"; echo "$HOME"']
    environ |= {"PATH": os.environ["PATH"]}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "/proc/none"}])
def test_a_home_that_cannot_be_written_is_replaced(tmp_path, environ):
    assert home(tmp_path, **environ) == f"{tmp_path}/.home"


def test_a_home_that_can_be_written_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    assert home(tmp_path, HOME=f"{tmp_path}/mine") == f"{tmp_path}/mine"
    assert not (tmp_path / ".home").exists()
