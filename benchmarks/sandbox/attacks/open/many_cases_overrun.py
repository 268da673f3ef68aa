# category: cpu
# attack: more cases than the whole time allows
# kind: stdin
# stdin: 1
# stdin: 2
# stdin: 3
# stdin: 4
# stdin: 5
# stdin: 6
# stdin: 7
# stdin: 8
import time
time.sleep(INFO["seconds"] + 5)
