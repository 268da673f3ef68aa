"""Ports for commands that start in a moment and bind them half a minute later."""

import random
import re
import socket
from pathlib import Path

LOWEST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Ports of loopback that are free now and that the kernel gives to nobody who asks for any port.

    A port that `bind` to port 0 finds lies in the kernel's range: by the time a server has loaded its model, a
    connection of another program may have it.

    >>> len(set(free_ports(3)))
    3
    """
    found: list[int] = []
    ports = range(LOWEST, max(_first_ephemeral(), LOWEST + 1000))
    for port in random.sample(ports, len(ports)):
        if len(found) == count:
            break
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    return found


def _first_ephemeral() -> int:
    try:
        return int(re.split(r"\s+", _RANGE.read_text())[0])
    except (OSError, ValueError):
        return 32_768
