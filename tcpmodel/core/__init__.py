"""Layer 0: systems, properties, verdicts and traces.  Knows z3 terms, nothing else."""
