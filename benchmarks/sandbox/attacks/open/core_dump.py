# category: disk
# attack: leave a core dump
# kind: stdin
import resource, ctypes
try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
except (OSError, ValueError):
    pass
limit = resource.getrlimit(resource.RLIMIT_CORE)
if limit[0] != 0:
    say(f"ESCAPED a core dump of {limit} is allowed")
libc().prctl(4, 1, 0, 0, 0)
os.chdir("/tmp") if os.path.isdir("/tmp") else None
os.abort()
