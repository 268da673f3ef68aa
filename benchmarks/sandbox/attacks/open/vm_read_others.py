# category: signals
# attack: read and write memory of other processes
# kind: stdin
import ctypes, struct
for pid, address in [*INFO["victims"], [INFO["scorer"], INFO["scorer_address"]]]:
    here = ctypes.create_string_buffer(64)
    local = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(here), 48), 16)
    remote = ctypes.create_string_buffer(struct.pack("QQ", address, 48), 16)
    attempt(f"process_vm_readv {pid}", lambda: syscall(310, pid, local, 1, remote, 1, 0) and here.raw)
    attempt(f"process_vm_writev {pid}", lambda: syscall(311, pid, local, 1, remote, 1, 0))
