"""Output folder, disk, reporters."""

from ..base import *  # noqa: F403

CASES = []
add = adder("output, disk, reporters", CASES)
add("out-not-writable", "error", grpo(output_dir="/proc/run"), ["output_dir|/proc"], "writ|another|creat|permission|folder", "os.makedirs fails below /proc, as root too")
