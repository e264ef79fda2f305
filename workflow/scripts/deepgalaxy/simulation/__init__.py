"""Small but real N-body simulations of galaxy mergers.

Units throughout: kpc, Myr and 1e10 solar masses; velocities are in kpc/Myr (1 kpc/Myr = 977.8 km/s).
"""
