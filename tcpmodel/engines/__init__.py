"""Layer 2: engines.  Each is a function `check(system, question, budget, observer) -> Result`.

An engine knows systems and properties, not TCP; no engine prints.
"""
