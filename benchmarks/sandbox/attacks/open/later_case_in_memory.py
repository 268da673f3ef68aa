# category: harness
# attack: find the input of a later case in memory
# kind: stdin
# stdin: first
# stdin: {token}
import gc, re
wanted = "swgtoken" + "-"
case = sys.stdin.readline()
if wanted not in case:
    for one in gc.get_objects():
        if isinstance(one, (list, tuple, dict)):
            for item in (one.values() if isinstance(one, dict) else one):
                if isinstance(item, (str, bytes)) and (wanted if isinstance(item, str) else wanted.encode()) in item and len(item) > len(wanted) + 2:
                    say(f"{item[:400]!r}")
    for line in open("/proc/self/maps") if os.access("/proc/self/maps", os.R_OK) else []:
        start, end = (int(one, 16) for one in line.split()[0].split("-"))
        if "rw" in line and end - start < 1 << 26:
            try:
                with open("/proc/self/mem", "rb", buffering=0) as file:
                    file.seek(start)
                    block = file.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue
            for found in re.findall(wanted.encode() + b"[0-9a-f]{8,}", block):
                say(found.decode())
