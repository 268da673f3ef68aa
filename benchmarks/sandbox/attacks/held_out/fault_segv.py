# category: harness
# attack: read an address that is not there
# kind: stdin
import ctypes
print("before", flush=True)
ctypes.string_at(8)
