# category: memory
# attack: anonymous maps of every kind, touched page by page
# kind: stdin
import mmap
kept = []
def grow(flags):
    total = 0
    while total < INFO["memory_mb"] * 2:
        one = mmap.mmap(-1, 32 << 20, flags=flags)
        for at in range(0, 32 << 20, 4096):
            one[at] = 1
        kept.append(one)
        total += 32
    kept.clear()
    return f"{total} MB"
attempts("map", grow, [mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000])
