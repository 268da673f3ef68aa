"""This machine's network interfaces and their addresses."""

import ipaddress
import socket
from collections.abc import Sequence

import psutil


def addresses() -> dict[str, list[ipaddress.IPv4Interface]]:
    """Interface -> its IPv4 addresses, each with its network."""
    return {
        name: [ipaddress.IPv4Interface(f"{a.address}/{a.netmask}") for a in found if a.family == socket.AF_INET]
        for name, found in psutil.net_if_addrs().items()
    }


def address_of(interface: str) -> str:
    """The first IPv4 address of an interface. Raises ValueError if there is none, naming the others."""
    found = addresses().get(interface)
    if not found:
        raise ValueError(f"no interface {interface} with an IPv4 address on {socket.gethostname()}; there are {_all()}")
    return str(found[0].ip)


def interface_of(address: str) -> str | None:
    """The interface with an address, None if it is another machine's. The loopback has all addresses of 127.0.0.0/8."""
    try:
        wanted = ipaddress.IPv4Address(address)
    except ValueError:
        return None
    for name, found in addresses().items():
        if any(wanted == one.ip or (wanted.is_loopback and one.ip.is_loopback) for one in found):
            return name
    return None


def this_node(nodes: Sequence[str], index: int | None = None) -> tuple[int, str]:
    """(which of the addresses is this machine's, its interface); with `index` it must be that one.

    Raises ValueError if none is, if several are, if two are the same, or if one is not an IPv4 address.
    """
    for address in nodes:
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            raise ValueError(
                f"'{address}' is not an IPv4 address; give each machine's address in the network that joins them"
            ) from None
    if len(set(nodes)) < len(nodes):
        raise ValueError(f"two machines have the same address ({' '.join(nodes)}); name the interface that joins them")
    if index is not None and not 0 <= index < len(nodes):
        raise ValueError(f"there is no machine {index} among {len(nodes)}; they count from 0")
    here = [i for i in (range(len(nodes)) if index is None else [index]) if interface_of(nodes[i])]
    if not here:
        asked = nodes[index] if index is not None else "none of " + " ".join(nodes)
        raise ValueError(
            f"{asked} is {'no' if index is not None else 'an'} address of {socket.gethostname()}; it has {_all()}"
        )
    if len(here) > 1:
        raise ValueError(f"several of {' '.join(nodes)} are this machine's; say which part it takes: NODE=0, 1, …")
    return here[0], str(interface_of(nodes[here[0]]))


def _all() -> str:
    return ", ".join(f"{one.ip} ({name})" for name, found in addresses().items() for one in found)
