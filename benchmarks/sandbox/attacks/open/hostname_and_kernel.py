# category: kernel
# attack: names of machine and kernel
# kind: stdin
# disputed: yes
import platform
say(str(os.uname()))
attempt("host name", lambda: os.uname().nodename in (INFO["hostname"],))
