"""Files to read, and the command as a user runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from swift_grpo.commands.data import app


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Runs `swift-grpo data ARGUMENTS…` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, code: int = 0):
        result = CliRunner().invoke(app, [str(one) for one in arguments])
        assert result.exit_code == code, (result.output, result.stderr, result.exception)
        assert "Traceback" not in result.stderr
        return result

    return run
