# category: files
# attack: open what can be written in /proc
# kind: stdin
def writable(path):
    os.close(os.open(path, os.O_WRONLY))
    return True
attempts("open for writing", writable, ["/proc/self/oom_score_adj", "/proc/self/oom_adj", "/proc/self/comm", "/proc/self/clear_refs", "/proc/self/coredump_filter", "/proc/self/timerslack_ns", "/proc/self/sched", "/proc/self/autogroup", "/proc/self/uid_map", "/proc/self/setgroups", "/proc/self/attr/current", "/proc/self/mem", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/self/loginuid"])
