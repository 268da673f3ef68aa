# category: files
# attack: read hardware, network and kernel facts in /sys
# kind: stdin
import glob
paths = ["/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/product_name", "/sys/kernel/notes", "/sys/power/state", "/sys/kernel/uevent_seqnum", "/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/cgroup.procs"]
attempts("read", read, paths + glob.glob("/sys/class/net/*/address") + glob.glob("/sys/block/*/size")[:3] + glob.glob("/sys/module/*/version")[:3])
