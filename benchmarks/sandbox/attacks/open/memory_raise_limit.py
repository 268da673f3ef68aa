# category: memory
# attack: raise the limits of its own
# kind: stdin
import resource
for name in ("AS", "DATA", "RSS", "STACK", "CPU", "NPROC", "FSIZE", "NOFILE", "MEMLOCK", "CORE", "MSGQUEUE", "SIGPENDING", "NICE", "RTPRIO"):
    number = getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(number)
    def raise_it():
        wanted = hard + 1 if hard != resource.RLIM_INFINITY else resource.RLIM_INFINITY
        resource.setrlimit(number, (wanted, wanted))
        return f"{hard} to {wanted}" if hard != resource.RLIM_INFINITY else None
    attempt(f"raise {name}", raise_it)
soft, hard = resource.getrlimit(resource.RLIMIT_AS)
if hard == resource.RLIM_INFINITY or hard > (INFO["memory_mb"] + 64) << 20:
    say(f"address space up to {hard}")
