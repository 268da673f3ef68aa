"""Several runs beside one another: what differs, what each reached, and whether two settings are different."""
