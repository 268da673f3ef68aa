# category: kernel
# attack: weaken its own address space layout
# kind: stdin
# disputed: yes
attempts("personality", lambda value: syscall(135, value) + 1 and syscall(135, 0xFFFFFFFF) == value, [0x0040000, 0x0400000, 0x0200000, 0x0100000])
