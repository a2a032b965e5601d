"""The two indicators of core table ``pair_series``, as written by its readers and read by cooperation analyses."""

JOINT = "joint_works"
"""Works that two different units have together."""
INTERNATIONAL = "international_works"
"""A unit's works with any foreign co-author; ``partner`` repeats ``unit``."""
