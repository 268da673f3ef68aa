# category: files
# attack: read the machine's configuration and accounts
# kind: stdin
attempts("read", read, ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/machine-id", "/etc/os-release", "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/fstab", "/etc/crontab", "/etc/environment"])
import pwd
attempt("getpwuid by libc", lambda: [one for one in pwd.getpwall() if one.pw_name == "games"])
