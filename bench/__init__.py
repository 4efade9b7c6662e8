"""Speed as ratios within one run: `make bench`. Absolute figures depend on the machine and its mood, ratios hardly.

Every case is measured in short turns that alternate with what it is compared to, and shown as the median of its turns
with their spread. Server and load generator share the machine.
"""
