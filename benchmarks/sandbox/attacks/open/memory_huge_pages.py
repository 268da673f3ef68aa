# category: memory
# attack: huge pages
# kind: stdin
import mmap
attempts("huge pages", lambda flag: mmap.mmap(-1, 512 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000 | flag).size(), [0, 21 << 26, 30 << 26])
