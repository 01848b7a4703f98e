"""Other debuggers, and ours, behind one small protocol: walk, or run through a hot loop.

Each peer drives what it wraps as its users do, in its fastest documented way, and reads the state's
locals at each stop. What cannot be had on a machine says so with `PeerMissing`.
"""
