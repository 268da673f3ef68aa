"""Ports for commands that start now and bind them half a minute later."""

import random
import re
import socket
from pathlib import Path

LOWEST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Free ports of loopback that the kernel does not give to programs that ask for any port.

    A port from `bind` to port 0 is in the kernel's range: another program's connection may have it by the time a server
    has loaded its model.

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
