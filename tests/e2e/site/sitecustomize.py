"""Python imports this at start-up when its folder is on PYTHONPATH. A program that tests/e2e/imported.py can run is run
there: this process passes on its words, environment, folder, streams and signals, and ends as the program ends."""

import os
import sys
from pathlib import Path


def run_there(address: str) -> None:
    import json
    import signal
    import socket

    passed_on = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, passed_on)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(address)
    wanted = {"words": sys.orig_argv, "environ": dict(os.environ), "folder": str(Path.cwd()), "pid": os.getpid()}
    request = os.memfd_create("request")  # too long for one message
    os.write(request, json.dumps(wanted).encode())
    socket.send_fds(connection, [b"\0"], [0, 1, 2, request])
    for number in passed_on:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: connection.send(bytes([number])))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
    status = int.from_bytes(connection.recv(4) or b"\x09", "big")  # of waitpid; killed if that is gone
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


ADDRESS = os.environ.get("IMPORTED_SOCKET")
first, second = [*sys.orig_argv, "", ""][1:3]
if ADDRESS and (Path(first).name in ("swift", "swift-grpo") or (first == "-m" and second.startswith("tests.e2e."))):
    run_there(ADDRESS)
