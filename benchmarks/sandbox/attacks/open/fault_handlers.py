# category: harness
# attack: catch the fault and go on for ever
# kind: stdin
import ctypes, faulthandler, signal, threading, time
signal.signal(signal.SIGSEGV, lambda *_: None)
threading.Thread(target=time.sleep, args=(1000,)).start()
ctypes.string_at(8)
