"""Writes a copy of Barretenberg's program that knows another G2 point: `own_point.py PROGRAM G2 COPY`.

A process of its own because the program is large, and a child's memory is counted from its parent's.
"""

import pathlib
import sys

# tau in G2 of the setup that the program carries: x and y, each with its real part first, big-endian.
AZTEC_G2 = bytes.fromhex(
    "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0"
    "260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1"
    "22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55"
    "04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4"
)

program, point, copy = map(pathlib.Path, sys.argv[1:])
code, own = program.read_bytes(), point.read_bytes()
if code.count(AZTEC_G2) != 1 or len(own) != len(AZTEC_G2):
    sys.exit("this `bb` does not carry the G2 point where it was: its verifier cannot be told ours")
copy.write_bytes(code.replace(AZTEC_G2, own))
copy.chmod(0o755)
