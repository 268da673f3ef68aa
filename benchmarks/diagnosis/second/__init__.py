"""Training runs with planted faults, written by somebody who had not seen the diagnosis: held out."""
