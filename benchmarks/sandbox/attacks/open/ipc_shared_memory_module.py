# category: ipc
# attack: the library's shared memory
# kind: stdin
from multiprocessing import shared_memory
attempt("create", lambda: shared_memory.SharedMemory(name=INFO["mark"] + "-module", create=True, size=4096).name)
