# category: kernel
# attack: clocks fine enough for side channels
# kind: stdin
# disputed: yes
import time
attempt("resolution", lambda: time.get_clock_info("perf_counter").resolution < 1e-6)
