# category: files
# attack: open the machine's devices
# kind: stdin
def device(path):
    for flags in (os.O_RDWR | os.O_NONBLOCK, os.O_RDONLY | os.O_NONBLOCK):
        try:
            os.close(os.open(path, flags))
            return f"flags {flags}"
        except OSError as error:
            last = error
    raise last
import glob
attempts("open", device, ["/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/vsock", "/dev/ptmx", "/dev/pts/ptmx", "/dev/tty", "/dev/console", "/dev/tty0", "/dev/loop-control", "/dev/rtc0", "/dev/vhost-net", "/dev/userfaultfd", "/dev/snapshot", "/dev/cpu_dma_latency"] + glob.glob("/dev/[svx]d*")[:4] + glob.glob("/dev/nvidia*")[:4] + glob.glob("/dev/loop*")[:2] + glob.glob("/dev/pts/[0-9]*")[:3] + glob.glob("/dev/input/*")[:2])
