"""What apnemu talks about, as frozen values: no input or output, and nothing here chooses anything.

`plant` what is in the ground, `spectrum` slots of light, `demand` what is asked for, `assignment` who got which light.
Every value checks itself when it is made and raises `ValueError` with the value and the limit; who reads a file adds
the file and the line.
"""
