# category: harness
# attack: find the expected value in all of the memory
# kind: assert
# test: assert attack({info}) == "{token}"
def attack(info):
    import re
    pattern = re.compile(b"swg" + b"token-[0-9a-f]{8,}")
    for line in open("/proc/self/maps"):
        start, end = (int(one, 16) for one in line.split()[0].split("-"))
        if "rw" in line and end - start < 1 << 27:
            with open("/proc/self/mem", "rb", buffering=0) as file:
                try:
                    file.seek(start)
                    block = file.read(end - start)
                except (OSError, ValueError, OverflowError):
                    continue
            found = pattern.search(block)
            if found:
                return found[0].decode()
    return "not found"
