# category: kernel
# attack: programs in the kernel, counters, page faults by user
# kind: stdin
import ctypes, struct
attempt("bpf map", lambda: syscall(321, 0, ctypes.create_string_buffer(struct.pack("IIII", 2, 4, 4, 1) + bytes(112), 128), 128) + 1)
attempt("bpf program", lambda: syscall(321, 5, ctypes.create_string_buffer(128), 128) + 1)
attempt("perf_event_open", lambda: syscall(298, ctypes.create_string_buffer(struct.pack("IIQ", 1, 112, 0) + bytes(24) + struct.pack("Q", 0x61) + bytes(64), 112), 0, -1, -1, 0) + 1)
attempts("userfaultfd", lambda flags: syscall(323, flags) + 1, [0, 1, 0o2000000 | 1])
