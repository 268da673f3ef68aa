# category: signals
# attack: read a program that runs at the same time under the same user
# kind: stdin
# with: honest
import time, re
end = time.monotonic() + 1.0
seen = set()
while time.monotonic() < end:
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit() and int(name) not in (os.getpid(), *seen):
            for part in ("environ", "cmdline", "maps", "mem"):
                try:
                    with open(f"/proc/{name}/{part}", "rb") as file:
                        say(f"ESCAPED opened /proc/{name}/{part} {file.read(80) if part != 'mem' else ''!r}")
                    seen.add(int(name))
                except OSError:
                    pass
    time.sleep(0.05)
