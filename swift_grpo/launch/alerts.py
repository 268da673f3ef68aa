"""Tells a command or a URL how a run ended, and what the diagnosis finds critical while it trains.

What sends and what diagnoses are processes of their own, under guards; the launcher looks at them every second and never
waits while the run trains. What fails here is one line on stderr. No text of a prompt or completion is sent.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swift_grpo.formats.run_files import LOG
from swift_grpo.launch.causes import Cause
from swift_grpo.launch.end import End
from swift_grpo.launch.process import Part, start
from swift_grpo.printable import one_line

SECONDS = 20.0  # for a command, or all tries of a POST
EVERY_SECONDS, SHARE = 20.0, 1  # the next diagnosis comes after 20 s, or the seconds of the last one if these are more
FILE = "alerts.jsonl"  # in the launch's folder: what was sent
KIND = re.compile(r"(?:^|[: ])([\w.]{1,60}(?:Error|Exception)): ")


def target(text: str) -> tuple[list[str], str]:
    """`--alert` as the words of a command, and the URL that these read from stdin, '' without one. Raises ValueError if
    it cannot be used; does not repeat its text, which may hold a token."""
    link = "://" in text.split(" ")[0]
    with contextlib.suppress(ValueError):
        if not link and (words := shlex.split(text)) and shutil.which(words[0]):
            return words, ""
        url = urllib.parse.urlsplit(text)
        if url.scheme in ("http", "https") and url.hostname and url.port != 0 and re.fullmatch(r"[!-~]+", text):
            return [sys.executable, "-m", "swift_grpo.launch.post"], text
    what = "its URL is malformed" if link else "its command was not found"
    raise ValueError(f"--alert (ALERT): {what}; give an executable program with its arguments, or http[s]://HOST/PATH")


class Alerts:
    """The alerts of one launch, with its restarts; of findings, if there is an `output_dir`. None without a `text`.

    With `stop` it looks for findings even if nobody is told, and `found` is the first one in words.
    """

    def __init__(self, text: str, output_dir: Path | None, folder: Path, stop: bool = False) -> None:
        self.words, self.url = target(text) if text else ([], "")
        self.name = urllib.parse.urlsplit(text).hostname if self.url else Path(next(iter(self.words), "")).name
        self.output_dir, self.folder = output_dir, folder  # `folder` has the logs, and changes with a restart
        self.stop, self.found = stop, ""
        self.begun, self.due = time.time(), 0.0
        self.waiting: list[dict[str, Any]] = []
        self.sending: tuple[subprocess.Popen, dict[str, Any], float] | None = None
        self.diagnosis: tuple[Part, float] | None = None
        self.sizes: dict[Path, int] = {}  # of the logs, at the last diagnosis
        self.said: set[Any] = set()  # also by earlier launches, of a run that goes on
        for path in folder.parent.glob(f"*/{FILE}") if text else ():
            for line in path.read_text(errors="replace").splitlines():
                with contextlib.suppress(ValueError, AttributeError):  # torn, by a full disk
                    self.said.add((row := json.loads(line)).get("sent") and (row.get("check"), row.get("first")))

    def look(self, diagnose: bool = True) -> None:
        """Take what is done and start what is due. Call it every second."""
        try:
            self._send()
            if diagnose and (self.words or self.stop) and self.output_dir:
                self._diagnose(self.output_dir)
        except Exception as error:  # whatever it is, the run goes on
            self._say(f"an alert failed: {type(error).__name__}: {one_line(str(error), 200)}")

    def settle(self, seconds: float, pause: Callable[[float], None]) -> None:
        """Wait at most this long until everything is sent. A diagnosis that still runs is given up."""
        self.diagnosis, deadline = None, time.monotonic() + seconds
        while (self.waiting or self.sending) and time.monotonic() < deadline:
            self.look(diagnose=False)
            pause(0.1)

    def end(self, end: End, why: Cause | None, again: bool) -> None:
        """Tell how a start of the run ended, without lines of logs or messages of exceptions, which may quote a text."""
        said, kind = end.what, KIND.search(end.cause())
        if end.event == "failed":
            said = re.sub(r"^((?:node \d+ \([^)]*\): )?.*?): .*", r"\1", said, flags=re.DOTALL)
            said += (f" ({kind[1]})" if kind else "") + (f": {why.words}" if why else "")
        run = str((self.output_dir or self.folder).absolute())
        self._tell({"run": run, "event": end.event, "line": said + ("; a restart follows" if again else "")})
        self.look(diagnose=False)

    def _tell(self, alert: dict[str, Any]) -> None:
        if self.words:
            since = f" (from step {alert['step']})" if "step" in alert else ""
            text = f"{alert['run']} {alert['event']}: {alert['line']}{since}"
            self.waiting.append(alert | {"logs": str(self.folder.absolute()), "text": text})

    def _send(self) -> None:
        """One after another, so that they arrive in order."""
        if self.sending:
            process, alert, begun = self.sending
            late = time.monotonic() - begun > SECONDS
            if process.poll() is None:
                return process.terminate() if late else None  # its guard, which stops what is below
            self.sending, code = None, process.returncode
            said = process.stderr.read(300) if process.stderr else f"exit code {code}"
            if code:
                self._say(f"an alert did not reach {self.name}: {'it took too long' if late else one_line(said, 200)}")
            with contextlib.suppress(OSError), (self.folder / FILE).open("a") as file:
                file.write(json.dumps(alert | {"time": time.strftime("%FT%T%z"), "sent": code == 0}) + "\n")
        if self.waiting:
            alert = self.waiting.pop(0)
            guarded = [sys.executable, "-m", "swift_grpo.launch.guard", str(os.getpid()), *self.words]
            quiet = subprocess.DEVNULL  # a program's output may repeat its arguments, and in them a token
            errors = subprocess.PIPE if self.url else quiet
            process = subprocess.Popen(
                guarded, stdin=subprocess.PIPE, stdout=quiet, stderr=errors, text=True, start_new_session=True
            )
            self.sending = process, alert, time.monotonic()
            assert process.stdin is not None
            with contextlib.suppress(OSError), process.stdin as stdin:  # it may end without reading
                stdin.write(f"{self.url}\n" * bool(self.url) + json.dumps(alert))
        return None

    def _diagnose(self, output_dir: Path) -> None:
        now = time.monotonic()
        if self.diagnosis and self.diagnosis[0].process.poll() is not None:
            part, begun = self.diagnosis
            self.diagnosis, self.due = None, now + max(EVERY_SECONDS, SHARE * (now - begun))
            self._take(part.process.returncode, part.log.read_text(errors="replace").splitlines())
        elif not self.diagnosis and now >= self.due and (sizes := self._logs(output_dir)) != self.sizes:
            self.sizes = sizes
            words = [sys.executable, "-m", "swift_grpo.launch.critical", str(output_dir)]
            environ = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self.diagnosis = start("the diagnosis", words, self.folder / "diagnosis.log", environ=environ), now

    def _logs(self, output_dir: Path) -> dict[Path, int]:
        """The logs of completions that were written to since this launch began, with their sizes."""
        found = {log: log.stat() for pattern in (LOG, f"*/{LOG}") for log in output_dir.glob(pattern)}
        return {log: status.st_size for log, status in found.items() if status.st_mtime >= self.begun}

    def _take(self, code: int, lines: list[str]) -> None:
        """Tell what a diagnosis found, each check once."""
        if code:
            return self._say(f"the diagnosis failed: {one_line(lines[-1] if lines else '', 200)}")
        result = json.loads(next(line for line in reversed(lines) if line.startswith("{")))
        self.found = next((f"{one['line']} [{one['check']}]" for one in result["found"]), "")
        for finding in result["found"]:
            if (key := (finding["check"], result["first"])) not in self.said:
                self.said.add(key)
                self._tell({"run": result["run"], "first": result["first"], "event": "finding"} | finding)
        return None

    def _say(self, what: str) -> None:
        if what not in self.said:
            self.said.add(what)
            print(f"swift-grpo: {what}", file=sys.stderr, flush=True)
