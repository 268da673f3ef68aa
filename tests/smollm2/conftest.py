collect_ignore = ["bare_plugin.py"]  # its import changes what ms-swift knows
