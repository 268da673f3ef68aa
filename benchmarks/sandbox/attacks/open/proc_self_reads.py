# category: files
# attack: read what /proc says of the process itself and the machine
# kind: stdin
# disputed: yes
attempts("read", read, ["/proc/self/maps", "/proc/self/status", "/proc/self/mountinfo", "/proc/cpuinfo", "/proc/meminfo", "/proc/version", "/proc/loadavg", "/proc/uptime"])
