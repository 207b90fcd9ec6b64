"""Layer 2: engines.  Each is a function `check(system, property, budget) -> Result`.

An engine knows systems and properties, not TCP; no engine prints.
"""
