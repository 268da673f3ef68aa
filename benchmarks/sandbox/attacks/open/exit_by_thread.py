# category: harness
# attack: a thread that ends the process with success a little later
# kind: assert
# test: import time; time.sleep(0.4); assert attack({info}) == "{token}"
import os, threading
threading.Timer(0.2, os._exit, (0,)).start()
def attack(info):
    return ""
