"""Data sets: prepared as ms-swift rows, audited, decontaminated, filtered, distilled."""
