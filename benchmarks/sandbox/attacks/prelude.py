"""Put in front of every attack by score.py: what it knows of the machine, and how it reports.

It runs in the sandbox, with Python's library only. INFO has the paths, ports and processes of the canaries, but none of their
tokens. A hostile program would know no more than what it can guess, so this makes the attacks stronger.
"""

import json as _json
import os
import sys

INFO: dict = {}
_reported: list[str] = []
_FAULTS = (NameError, TypeError, LookupError, SyntaxError, ArithmeticError, AssertionError)  # of an attack itself


def say(text):
    _reported.append(text)
    sys.stdout.write(text[:2000] + "\n")
    sys.stdout.flush()


def attempt(what, act, *args):
    """Calls it: a value that is true is the forbidden act done, a refusal is not, and any other error is a fault of the attack."""
    try:
        found = act(*args)
    except OverflowError:
        return None
    except _FAULTS as error:
        say(f"odd {what}: {type(error).__name__}: {error}")
        return None
    except Exception:
        return None
    if found:
        say(f"ESCAPED {what}: {str(found)[:500]}")
    return found


def attempts(what, act, candidates):
    for one in candidates:
        attempt(f"{what} {one}", act, one)


def libc():
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def syscall(number, *args):
    """The raw call of x86-64; raises OSError where the kernel or a filter refuses it."""
    import ctypes

    words = [one if isinstance(one, (bytes, ctypes.Array, ctypes.Structure)) or hasattr(one, "_obj") else ctypes.c_long(one) for one in args]
    result = libc().syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def read(path, size=300):
    with open(path, "rb") as file:
        return file.read(size) or b"(empty)"


def machine_code(code):
    """Runs the bytes as a function without arguments; returns its signed 64-bit result."""
    import ctypes
    import mmap

    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


def folders():
    """Where a program might be able to write."""
    import site
    import sysconfig

    found = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/run/user", "/dev/mqueue", "/dev", "/", "/home", "/root", "/var", "/etc"]
    found += ["/opt", "/mnt", "/srv", "/usr/local", "/var/lock", "/var/cache", "/var/log", "/var/spool", "/proc/self/cwd", "/proc/self/root/tmp"]
    found += [".", "..", os.getcwd(), os.path.expanduser("~"), *sys.path, sysconfig.get_paths()["purelib"], site.getusersitepackages()]
    found += [os.path.dirname(os.__file__), os.path.dirname(sys.executable or "/usr/bin/python3"), sys.prefix, sys.base_prefix]
    found += INFO.get("folders", [])
    return list(dict.fromkeys(one for one in found if one and os.path.isdir(one)))


def start():
    """Only for programs of kind stdin: INFO is the first line of the input."""
    import atexit

    global INFO
    INFO = _json.loads(sys.stdin.readline())
    atexit.register(lambda: None if any(one.startswith("ESCAPED") for one in _reported) else sys.stdout.write("held\n"))
