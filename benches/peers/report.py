"""Writes docs/peers.md, docs/peers.svg, docs/peers.json and docs/roofline.md from what was measured. No figure stands here."""

import json
import math

PEERS = {
    "ours": "mandate, Groth16",
    "transparent": "mandate, transparent",
    "ark": "ark-groth16",
    "taceo": "taceo-groth16",
    "bb": "Noir, Barretenberg",
    "snarkjs": "circom, snarkjs",
}
BINDINGS = {
    "points": "public inputs, collapsed to two points",
    "columns": "fixed columns, key per table",
    "root": "hash root in the circuit",
    "public": "public inputs",
    "constant": "constants, key per table",
}
COLOURS = {"ours": "#c0392b", "transparent": "#8e44ad", "ark": "#2c3e50", "taceo": "#2980b9", "bb": "#27ae60",
           "snarkjs": "#d35400"}
DASHES = {"root": "", "points": "", "columns": "", "public": "6 3", "constant": "2 3"}


def seconds(x):
    if x < 1:
        return f"{x * 1000:.3g} ms"
    return f"{x:.2f} s" if x < 10 else f"{x:.1f} s"


def size(x):
    for unit in ("B", "kB", "MB"):
        if x < 1000:
            return f"{x:.3g} {unit}" if unit != "B" else f"{x:,} B"
        x /= 1000
    return f"{x:.3g} GB"


def points(record):
    """(peer, binding, slots, scenarios, what was measured or why not), in order."""
    out = []
    for name, got in record.items():
        parts = name.split()
        if parts[0] in PEERS and len(parts) == 4:
            out.append((parts[0], parts[1], int(parts[2]), int(parts[3]), got))
    order = list(PEERS)
    bindings = list(BINDINGS)
    return sorted(out, key=lambda p: (p[2], -p[3], order.index(p[0]), bindings.index(p[1])))


def ours_at(rows, slots):
    for peer, _, n, _, got in rows:
        if peer == "ours" and n == slots and "prove" in got:
            return got
    return None


def table(rows, slots, scenarios):
    ours = ours_at(rows, slots)
    out = [
        "| prover | the table is | constraints | public inputs | prove, wall | prove, CPU | CPU, times ours | memory | prover's key "
        "| verify | proof |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    missing = []
    for peer, binding, n, s, got in rows:
        if n != slots or (s != scenarios and peer not in ("ours", "transparent")):
            continue
        label = f"| {PEERS[peer]} | {BINDINGS[binding]} "
        if "prove" not in got:
            missing.append(f"- {PEERS[peer]}, {BINDINGS[binding]}: not run: {got['not_run']}")
            continue
        ratio = f"{got['prove']['user'] / ours['prove']['user']:.2f}" if ours else ""
        if peer == "ours":
            ratio = "1"
        verify = seconds(got["verify"]["wall"])
        if "derive" in got:
            verify += f" (+ {seconds(got['derive']['wall'])} for the key, once per table and limits)"
        if "collapse" in got:
            verify += f" (+ {seconds(got['collapse']['wall'])} once per table and limits)"
        sizes = [f"{got['rows']:,} rows", ""] if "rows" in got else [f"{got['constraints']:,}", f"{got['public_inputs']:,}"]
        cells = [*sizes, seconds(got["prove"]["wall"]),
                 seconds(got["prove"]["user"]), ratio, size(got["peak_bytes"]) if "peak_bytes" in got else "not measured",
                 size(got["key_bytes"]) if "key_bytes" in got and peer != "bb" else "none kept", verify, size(got["proof_bytes"])]
        out.append(label + "| " + " | ".join(cells) + " |")
        for kind, words in (("again", "a table seen before"), ("portable", "without vector instructions")):
            if kind in got and (kind != "portable" or got["vector"]):
                times = [seconds(got[kind]["wall"]), seconds(got[kind]["user"]), f"{got[kind]['user'] / got['prove']['user']:.2f}"]
                out.append(f"| the same, {words} | | | | " + " | ".join(times) + " | | | | |")
    return out + [""] + missing + ([""] if missing else [])


def plot(rows):
    """User seconds of a proof against slots, both axes logarithmic, sixteen scenarios."""
    lines = {}
    for peer, binding, n, s, got in rows:
        if s == 16 and "prove" in got:
            lines.setdefault((peer, binding), []).append((n, got["prove"]["user"]))
    values = [t for line in lines.values() for _, t in line]
    if not values:
        return None
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    width, height, left, bottom, legend = 760, 440, 70, 50, 270

    def x(n):
        return left + (math.log2(n) - 6) / 6 * (width - left - legend)

    def y(t):
        return 20 + (high - math.log10(t)) / (high - low) * (height - 20 - bottom)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for e in range(low, high + 1):
        out.append(f'<line x1="{left}" x2="{width - legend}" y1="{y(10 ** e):.1f}" y2="{y(10 ** e):.1f}" stroke="#ddd"/>')
        label = f"{10 ** e:g} s"
        out.append(f'<text x="{left - 8}" y="{y(10 ** e) + 4:.1f}" text-anchor="end">{label}</text>')
    for n in (64, 256, 1024, 4096):
        out.append(f'<line x1="{x(n):.1f}" x2="{x(n):.1f}" y1="20" y2="{height - bottom}" stroke="#ddd"/>')
        out.append(f'<text x="{x(n):.1f}" y="{height - bottom + 18}" text-anchor="middle">{n:,}</text>')
    middle = (left + width - legend) / 2
    out.append(f'<text x="{middle}" y="{height - 10}" text-anchor="middle">slots, 20 numbers each</text>')
    out.append(f'<text x="14" y="{height / 2}" text-anchor="middle" transform="rotate(-90 14 {height / 2})">processor time of a proof</text>')
    for i, ((peer, binding), line) in enumerate(lines.items()):
        colour, dash = COLOURS[peer], DASHES[binding]
        style = f'stroke="{colour}" fill="none" stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "")
        path = " ".join(f"{x(n):.1f},{y(t):.1f}" for n, t in sorted(line))
        out.append(f'<polyline points="{path}" {style}/>')
        for n, t in line:
            out.append(f'<circle cx="{x(n):.1f}" cy="{y(t):.1f}" r="3" fill="{colour}"/>')
        at = 30 + 18 * i
        out.append(f'<line x1="{width - legend + 15}" x2="{width - legend + 45}" y1="{at}" y2="{at}" {style}/>')
        short = {"points": "two points", "columns": "fixed columns", "root": "root", "public": "public inputs",
                 "constant": "constants"}
        out.append(f'<text x="{width - legend + 52}" y="{at + 4}">{PEERS[peer]} ({short[binding]})</text>')
    return "\n".join(out + ["</svg>", ""])


def page(record, rows):
    machine = record.get("machine", {})
    sizes = sorted({n for _, _, n, _, _ in rows})
    versions = sorted({(p, got["versions"]) for p, _, _, _, got in rows if "versions" in got})
    days = sorted({got["when"] for *_, got in rows if "when" in got})
    loads = [got["load"] for *_, got in rows if "load" in got]
    out = [
        "# Beside other provers",
        "",
        "Written by `make bench-peers`; `peers.json` has every figure. `benches/peers/README.md` says what is proven, word for word, and",
        "how each prover is used. The same statement on the same inputs: the reference's verdicts on lawful and unlawful books are",
        "held against every circuit.",
        "",
        f"Measured on {machine.get('cores', '?')} cores ({machine.get('cpu', '?')}), {', '.join(days)}. Where other work ran on the",
        f"machine, wall times are worth little; its load when a measurement began was {min(loads, default=0):.1f} to "
        f"{max(loads, default=0):.1f}. Processor time is user",
        "seconds of all threads, the figure to compare; each is the least of the runs. \"Prove\" takes public files and a book in memory",
        "to a proof, witness included, with the key in memory where the prover can keep one: `snarkjs` reads its key for every proof,",
        "Barretenberg makes its own from the circuit for every proof, and its times include the start of a process. Memory is the most that the",
        "proving process held. Ours keeps part of its work on a table; its first line is of tables it has not seen.",
        "",
        "![Processor time of a proof against slots](peers.svg)",
        "",
        "Two bindings of the table are run wherever a prover can: *root*, the table hashed in the circuit, so that what is checked later",
        "is small; and *public inputs*, which costs little to prove and makes every verifier read the whole table for every proof. Ours are public",
        "inputs that a verifier collapses once per table. *Constants* make a circuit of every table: no ceremony can follow, so this is",
        "for Barretenberg alone, and every verifier compiles the circuit again. Our relation is larger than the statement: it serves",
        "every mandate under one key (`shapes.md`), with 16 columns and 16 scenarios for each slot, rows for groups, accounts, assets and the book,",
        "and limits that are public inputs too. Peers' circuits have what this statement needs and nothing else.",
        "",
    ]
    for n in sizes:
        for s in sorted({s for _, _, m, s, _ in rows if m == n}, reverse=True):
            peers_here = [p for p, _, m, t, _ in rows if m == n and t == s]
            out += [f"## {n:,} slots, {s} scenarios ({4 + s} numbers a slot)", ""] if peers_here else []
            out += table(rows, n, s)
    out += same(record)
    out += ["## Versions", ""]
    out += [f"- {PEERS[p]}: {v}" for p, v in versions]
    out += [
        "",
        "## What these figures do not say",
        "",
        "- Setups are from secrets that everyone knows (`benches/peers/src/known_tau.rs`) or from this machine's own randomness: the work of",
        "  proving and verifying is the same, the proofs mean nothing.",
        "- Barretenberg's program carries the one G2 point of its own setup, which is why its `verify` refuses proofs under any other",
        "  points. Offline the points are made here, so the run uses a copy of the program with that point replaced (128 bytes of data, no",
        "  code); the program as shipped refuses the same proofs, the copy takes them and refuses a wrong limit.",
        "- Time of circom's and Noir's compilers and of all setups is left out.",
        "- One prover at a time, all cores, no GPU.",
        "- A prover that stands twice under *Versions* was measured in more than one run: rows are of the version that was new then, and ratios",
        "  between runs are worth less, as other work on the machine moves times by a third.",
        "",
    ]
    return "\n".join(out)


def same(record):
    """What the provers differ in, with the circuits left out of it."""
    found = sorted((int(name.split()[1]), got) for name, got in record.items() if name.startswith("same "))
    if not found:
        return []
    out = [
        "## The same constraints",
        "",
        "Our own relation, the same rows and the same assignment, in each prover. The peers are given the assignment and matrices built",
        "beforehand; ours works the witness out from the book and checks every row. Processor time, and in brackets how many times ours; of our portable",
        "path likewise.",
        "",
        "| slots | constraints | ark-groth16 | taceo-groth16 | ours | ours, without vector instructions | ark over that | taceo over that |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for slots, got in found:
        user = {k: got[k]["user"] for k in ("ark", "taceo", "ours", "portable")}
        out.append(f"| {slots:,} | {got['constraints']:,} | {seconds(user['ark'])} ({user['ark'] / user['ours']:.2f}) "
                   f"| {seconds(user['taceo'])} ({user['taceo'] / user['ours']:.2f}) | {seconds(user['ours'])} | {seconds(user['portable'])} "
                   f"| {user['ark'] / user['portable']:.2f} | {user['taceo'] / user['portable']:.2f} |")
    return [*out, ""]


def roofline(record, rows):
    rates = record.get("rates")
    counts = {int(k.split()[1]): v for k, v in record.items() if k.startswith("count ")}
    if not rates or not counts:
        return None
    cores = record.get("machine", {}).get("cores", 1)
    scalar = rates["ark_fq_per_second"]
    vector = rates.get("vector_butterflies_per_second")
    out = [
        "# How far from the machine's limit",
        "",
        "Written by `make bench-peers`. A Groth16 proof is multiplications in two prime fields of 254 bits. This page counts those that one",
        "proof of ours asks for, from the sizes of the relation and the kinds of scalars in the witness, and divides by the rate at which",
        "this machine multiplies.",
        "",
        "| products per second, one core | |",
        "|---|---|",
        f"| ark-ff, base field | {scalar / 1e6:.1f} million |",
        f"| ark-ff, scalar field | {rates['ark_fr_per_second'] / 1e6:.1f} million |",
    ]
    if vector:
        out.append(f"| butterflies of our transform with AVX-512 IFMA, in cache | {vector / 1e6:.1f} million |")
    if vector:
        out += ["", "A butterfly is a product, an addition, a subtraction, loads and stores: the vector unit's products alone are somewhat faster, so the",
                "true limit lies somewhat below the one given, and our fraction of it too."]
    out += [
        "",
        "Products in millions, by the best method known for each stage (`benches/peers/src/rates.rs`): affine additions of 6 products with the",
        "inversion shared (17 in G2), two additions a bucket, signed digits, the best window for each class of scalars, wide",
        "scalars halved by the endomorphism, ones added without buckets, six transforms of radix two.",
        "",
        "| slots | " + " | ".join(next(iter(counts.values()))["products"]) + " | all |",
        "|---|" + "---|" * (len(next(iter(counts.values()))["products"]) + 1),
    ]
    for n, count in sorted(counts.items()):
        cells = [f"{v / 1e6:.2f}" for v in count["products"].values()]
        out.append(f"| {n:,} | " + " | ".join(cells) + f" | {count['total'] / 1e6:.2f} |")
    head = "| slots | domain | products | at ark-ff's rate |"
    head += " at the vector rate |" if vector else ""
    out += ["", head + " ours, processor time | fraction of ark-ff's limit |" + (" of the vector limit |" if vector else ""),
            "|---|---|---|---|---|---|" + ("---|---|" if vector else "")]
    for n, count in sorted(counts.items()):
        ours = ours_at(rows, n)
        floor = count["total"] / scalar
        cells = [f"{n:,}", f"2^{int(math.log2(count['points']))}", f"{count['total'] / 1e6:.1f} million", seconds(floor)]
        if vector:
            cells.append(seconds(count["total"] / vector))
        cells.append(seconds(ours["prove"]["user"]) if ours else "not run")
        cells.append(f"{floor / ours['prove']['user']:.0%}" if ours else "")
        if vector:
            cells.append(f"{count['total'] / vector / ours['prove']['user']:.0%}" if ours else "")
        out.append("| " + " | ".join(cells) + " |")
    out += [
        "",
        f"Times are of one core; {cores} cores that share perfectly take 1/{cores} of the wall time. The limits are of arithmetic alone: no memory",
        "traffic, no digits, no witness, no row checks, so a fraction near one is not to be had. A fraction above one would mean a better method",
        "or faster multiplication than this page knows of.",
        "",
        "## Scalars",
        "",
        "What the witness gives a multi-scalar multiplication to do: zeros cost nothing.",
        "",
        "| slots | query | ones | to 64 bits | to 128 bits | wider |",
        "|---|---|---|---|---|---|",
    ]
    for n, count in sorted(counts.items()):
        for query, kinds in count["scalars"].items():
            out.append(f"| {n:,} | {query} | " + " | ".join(f"{v:,}" for v in kinds.values()) + " |")
    return "\n".join(out + [""])


def write(record, folder):
    """Writes the pages into `folder`, whole files only."""
    rows = points(record)
    pages = {
        "peers.md": page(record, rows),
        "peers.svg": plot(rows),
        "roofline.md": roofline(record, rows),
        "peers.json": json.dumps(record, indent=1, sort_keys=True) + "\n",
    }
    for name, text in pages.items():
        if text is not None:
            new = folder / (name + ".new")
            new.write_text(text)
            new.replace(folder / name)
