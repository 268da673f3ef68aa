"""Output, disk, reporters."""

from benchmarks.preflight.second.base import *

KIND = "output"
mistake(KIND, "report-misspelt", train(report_to="tensorbord"), ["tensorbord"], "tensorboard", "transformers: tensorbord is not supported, only …")
mistake(KIND, "output-is-a-file", train(output_dir="results"), ["results"], "file|other|another|folder", "makedirs: a file of that name is there", files=MODEL | DATA | {"results": "notes\n"})
mistake(KIND, "disk-full-tiny", train(), ["disk|free|space"], "free|output_dir|mb|gb", "10 kB free: no checkpoint fits, not even this adapter", disk_free_gb=0.00001, level="warning")
mistake(KIND, "save-steps-fraction", train(save_steps=2.5), ["save_steps", "2.5"], "2|3|integer|whole", "TrainingArguments: --save_steps must be an integer if bigger than 1")
