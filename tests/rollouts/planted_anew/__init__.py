"""Training runs with illnesses planted by a hand that has not seen the diagnosis: a test set that is kept out."""
