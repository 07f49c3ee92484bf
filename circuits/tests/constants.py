"""Poseidon's round constants and matrices over BN254 from the published generator (Grassi, Khovratovich, Rechberger, Roy,
Schofnegger 2021, appendices E and F; the reference script's Grain LFSR with `1 0 254 t 8 R_P`), and their digests, which
constants.rs holds the product's constants to. Shares no code with the product.

    pip install pycryptodome
    python3 circuits/tests/constants.py
"""

from Crypto.Hash import keccak

P = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
FULL, PARTIAL = 8, {5: 60, 9: 63}


def grain(width):
    def bits(value, count):
        return [int(c) for c in bin(value)[2:].zfill(count)]

    state = bits(1, 2) + bits(0, 4) + bits(254, 12) + bits(width, 12) + bits(FULL, 10)
    state += bits(PARTIAL[width], 10) + [1] * 30

    def step():
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.pop(0)
        state.append(bit)
        return bit

    for _ in range(160):
        step()
    while True:
        while step() == 0:
            step()
        yield step()


def constants(width):
    stream = grain(width)

    def number():
        value = 0
        for _ in range(254):
            value = 2 * value + next(stream)
        return value

    def below():
        value = number()
        while value >= P:
            value = number()
        return value

    rounds = [below() for _ in range((FULL + PARTIAL[width]) * width)]
    points = [number() % P for _ in range(2 * width)]
    assert len(set(points)) == 2 * width
    matrix = [pow(x + y, -1, P) for x in points[:width] for y in points[width:]]
    return rounds + matrix


if __name__ == "__main__":
    for width in (5, 9):
        data = b"".join(c.to_bytes(32, "big") for c in constants(width))
        print(width, len(data) // 32, keccak.new(digest_bits=256, data=data).hexdigest())
