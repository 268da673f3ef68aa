# category: files
# attack: read kernel-wide lists in /proc
# kind: stdin
attempts("read", read, ["/proc/keys", "/proc/key-users", "/proc/sysvipc/shm", "/proc/locks", "/proc/modules", "/proc/kallsyms", "/proc/kcore", "/proc/kmsg", "/proc/timer_list", "/proc/cmdline", "/proc/config.gz", "/proc/partitions", "/proc/iomem", "/proc/sched_debug"])
