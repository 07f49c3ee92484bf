#!/usr/bin/env python3
"""`make mutants`: change the trusted code one place at a time; some test must fail each time.

All mutants are built at once, each behind a switch (src/mutate.rs). Every test is run once with the switch asked and not thrown, which
tells how long it takes and which mutants it reaches; then each mutant is run against the tests that reach it, quickest first and
those before that noticed another change in the file, until one fails. Works on a clone of what is committed, under target/mutants, and goes on where it stopped; `--fresh` begins again with
the newest commit; `--more` keeps the sources that were changed and takes over newer tests.

    tools/mutants/run.py [--fresh | --more] [--jobs N] [--minutes N] [--most SECONDS]
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "target/mutants"
TREE = OUT / "tree"
# What is changed: the circuit, the statement's encoding, the verifier, the sheet checker, both readings of a mandate, and what compiles it.
CRATES = ["crates/numeric", "crates/statement", "crates/checker", "crates/rows", "circuits", "crates/verifier",
          "crates/policy:compile.rs,bounds.rs,form.rs,choices.rs,measures.rs,check.rs,check,evaluate.rs,evaluate"]
# Whose tests are asked. The command line, the chain and the fuzzer have tests that need minutes, a node, or the trees as they are.
TESTS = ["numeric", "statement", "checker", "rows", "circuits", "verifier", "policy", "market", "attest", "prover", "export",
         "transparent", "soundness"]
PACKAGES = [f"mandate-{name}" for name in TESTS]
# Tests of what the text of the sources says, which is not theirs here, and what writes into the tree.
LEFT_OUT = re.compile(r"source|pinned_text|graph|instructions|memory_stays")


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def clone():
    OUT.mkdir(parents=True, exist_ok=True)
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    if TREE.exists():
        subprocess.run(["git", "-C", TREE, "fetch", "-q", ROOT, "HEAD"], check=True)
        subprocess.run(["git", "-C", TREE, "checkout", "-qf", "FETCH_HEAD"], check=True)
    else:
        subprocess.run(["git", "clone", "-q", ROOT, TREE], check=True)
    shared = OUT / "shared"
    if not shared.is_symlink():
        shared.symlink_to(ROOT.parent / "shared")
    return head


def follow(old):
    """Takes over what changed in the newest commit, but for the changed sources: those are to stay as they are."""
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["git", "-C", TREE, "fetch", "-q", ROOT, "HEAD"], check=True)
    names = subprocess.run(["git", "-C", TREE, "diff", "--name-only", "--no-renames", old, head], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    sources = tuple(crate.split(":")[0] + "/src/" for crate in CRATES)
    moved = [name for name in names if name.startswith(sources)]
    if moved:
        raise SystemExit(f"mutants: {moved[0]} is another now: begin again with --fresh")
    gone = [name for name in names if not (ROOT / name).exists()]
    for name in gone:
        (TREE / name).unlink(missing_ok=True)
    kept = [name for name in names if name not in gone]
    if kept:
        subprocess.run(["git", "-C", TREE, "checkout", "-q", head, "--", *kept], check=True)
    # A file of tests that changed is a file of new tests.
    return head, tuple(f"{folder} {name} " for folder, name in re.findall(r"^(\S+)/tests/(\w+)\.rs$", "\n".join(names), re.M))


def forget(results, changed):
    """What survived is asked again by tests that changed."""
    got = [json.loads(line) for line in results.read_text().splitlines()]
    for g in got:
        if "by" not in g:
            g["asked"] = [name for name in g["asked"] if not name.startswith(changed)]
    new = results.with_suffix(".new")
    new.write_text("".join(json.dumps(g) + "\n" for g in got))
    new.replace(results)


def mutate(program, listed, skip):
    subprocess.run(["git", "-C", TREE, "checkout", "-q", "--", "."], check=True)
    skip_file = OUT / "skip.txt"
    skip_file.write_text("".join(f"{n}\n" for n in sorted(skip)))
    subprocess.run([program, TREE, listed, skip_file, *CRATES], check=True)


def cargo(*words, env):
    return subprocess.run(["cargo", *words, "--message-format=json"], cwd=TREE, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)


def messages(done):
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def to_blame(message):
    """The mutants at which an error points: those whose switch stands last before it."""
    out = set()
    for span in message.get("spans", []):
        path = TREE / span["file_name"]
        if not path.exists():
            path = pathlib.Path(span["file_name"])
        if not (span["is_primary"] and path.exists()):
            continue
        before = path.read_bytes()[: span["byte_end"]].decode(errors="replace")
        found = re.findall(r"mutant::on\((\d+)u32\)", before)
        if found:
            out.add(int(found[-1]))
    return out


def build(program, listed, env):
    """Leaves out what does not compile until all else does."""
    skip = set()
    known = OUT / "skip.txt"
    if known.exists():
        skip = {int(n) for n in known.read_text().split()}
    while True:
        mutate(program, listed, skip)
        done = cargo("check", "--release", "--locked", "--keep-going", *[w for p in PACKAGES for w in ("-p", p)], env=env)
        errors = [m["message"] for m in messages(done)
                  if m["reason"] == "compiler-message" and m["message"]["level"] == "error" and m["message"]["spans"]]
        if done.returncode == 0:
            return skip
        new = set().union(*(to_blame(e) for e in errors)) - skip if errors else set()
        if not new:
            for e in errors[:3]:
                say(e["rendered"])
            raise SystemExit("mutants: the tree does not build, and no mutant is to blame")
        skip |= new
        say(f"{len(skip)} mutants do not compile so far")


def executables(env):
    say("building the tests with all mutants inside")
    done = cargo("test", "--no-run", "--release", "--locked", *[w for p in PACKAGES for w in ("-p", p)], env=env)
    if done.returncode != 0:
        say("".join(m["message"]["rendered"] for m in messages(done) if m["reason"] == "compiler-message"
                    and m["message"]["level"] == "error")[:3000])
        raise SystemExit("mutants: the tests do not build")
    out = []
    for m in messages(done):
        if m["reason"] == "compiler-artifact" and m.get("executable") and m["profile"]["test"]:
            folder = pathlib.Path(m["manifest_path"]).parent
            out.append((f"{folder.relative_to(TREE)} {m['target']['name']}", m["executable"], folder))
    return sorted(out)


def run(executable, folder, test, env, limit, **more):
    """How a test ends: True where it holds, False where it fails, None where it takes longer than the limit."""
    try:
        done = subprocess.run([executable, "--exact", test, "--test-threads=1"], cwd=folder, env={**env, **more}, timeout=limit,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return None


def listed_tests(env):
    """(program, executable, folder, test) of every test that is asked."""
    tests = []
    for name, executable, folder in executables(env):
        text = subprocess.run([executable, "--list", "--format", "terse"], cwd=folder, env=env, capture_output=True, text=True)
        ignored = subprocess.run([executable, "--list", "--ignored", "--format", "terse"], cwd=folder, env=env,
                                 capture_output=True, text=True).stdout.splitlines()
        for line in text.stdout.splitlines():
            if line.endswith(": test") and line not in ignored and not LEFT_OUT.search(f"{name} {line}"):
                tests.append((name, executable, folder, line[: -len(": test")]))
    return tests


def baseline(tests, env, most, jobs):
    """Every test once: seconds, and what it reaches. Kept, as it takes minutes."""
    def one(item):
        name, executable, folder, test = item
        with tempfile.TemporaryDirectory() as folder_of:
            trace = pathlib.Path(folder_of) / "trace"
            start = time.monotonic()
            held = run(executable, folder, test, env, most, MANDATE_MUTANT_TRACE=str(trace))
            spent = time.monotonic() - start
            reached = sorted({int(n) for n in trace.read_text().split()}) if trace.exists() else []
        return {"name": f"{name} {test}", "executable": executable, "folder": str(folder), "test": test, "held": held,
                "seconds": spent, "reached": reached}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        out = list(pool.map(one, tests))
    for t in out:
        if not t["held"]:
            say(f"left out: {t['name']}: {'fails without a mutant' if t['held'] is False else f'takes over {most} s'}")
    return [t for t in out if t["held"]]


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parse.add_argument("--minutes", type=float, default=1e9, help="stop after so long; what was found is kept")
    parse.add_argument("--fresh", action="store_true", help="begin again, with the newest commit")
    parse.add_argument("--more", action="store_true", help="take over tests that were written since, and judge what survives by them too")
    parse.add_argument("--most", type=float, default=30, help="tests that take longer are not asked")
    args = parse.parse_args()
    end = time.monotonic() + 60 * args.minutes
    env = {**os.environ, "CARGO_TARGET_DIR": str(OUT / "build"), "PROPTEST_MAX_SHRINK_ITERS": "0", "RUST_BACKTRACE": "0",
           "RAYON_NUM_THREADS": "1", "CARGO_NET_OFFLINE": os.environ.get("CARGO_NET_OFFLINE", "false")}
    state, listed, results = OUT / "baseline.json", OUT / "mutants.json", OUT / "results.jsonl"
    if args.fresh or not state.exists():
        head = clone()
        state.unlink(missing_ok=True)
        results.unlink(missing_ok=True)
        (OUT / "skip.txt").unlink(missing_ok=True)
        tool = subprocess.run(["cargo", "build", "--release", "--message-format=json"], cwd=ROOT / "tools/mutants",
                              stdout=subprocess.PIPE, text=True, check=True, env={**env, "CARGO_TARGET_DIR": str(OUT / "tool")})
        program = [m["executable"] for m in map(json.loads, tool.stdout.splitlines()) if m.get("executable")][0]
        skip = build(program, listed, env)
        say(f"{len(json.loads(listed.read_text())) - len(skip)} mutants built, {len(skip)} do not compile")
        tests = listed_tests(env)
        say(f"{len(tests)} tests without a mutant, for their times and what they reach")
        held = baseline(tests, env, args.most, args.jobs)
        state.write_text(json.dumps({"head": head, "tests": held}))
    elif args.more:
        old = json.loads(state.read_text())
        head, changed = follow(old["head"])
        known = {t["name"]: t for t in old["tests"] if not t["name"].startswith(changed or "no test")}
        if changed:
            forget(results, changed)
        tests = listed_tests(env)
        new = [t for t in tests if f"{t[0]} {t[3]}" not in known]
        say(f"{len(new)} new tests without a mutant")
        held = baseline(new, env, args.most, args.jobs)
        for name, executable, folder, test in tests:
            if f"{name} {test}" in known:
                held.append({**known[f"{name} {test}"], "executable": executable, "folder": str(folder)})
        state.write_text(json.dumps({"head": head, "tests": held}))
    tests = json.loads(state.read_text())["tests"]
    reach = collections.defaultdict(list)
    for t in sorted(tests, key=lambda t: t["seconds"]):
        for n in t["reached"]:
            reach[n].append(t)
    say(f"sources of commit {json.loads(state.read_text())['head'][:12]}")
    mutants = [m for m in json.loads(listed.read_text()) if m["built"]]
    known = {}
    if results.exists():
        known = {got["id"]: got for got in map(json.loads, results.read_text().splitlines())}
    # A test that noticed a change in a file is likely to notice the next one there.
    noticed = collections.Counter((got["file"], got["by"]) for got in known.values() if "by" in got)

    def unasked(got):
        """Whether it survives, and tests that reach it were not asked, or are new."""
        return "by" not in got and len(reach[got["id"]]) > len(got["asked"])

    def judge(m, patience):
        """Asks the tests that were not asked yet, until one fails or those asked take longer than the patience together."""
        if time.monotonic() > end:
            return None
        asked = list(known.get(m["id"], {}).get("asked", []))
        left = [t for t in reach[m["id"]] if t["name"] not in asked]
        left.sort(key=lambda t: t["seconds"] / (1 + 10 * noticed[m["file"], t["name"]]))
        spent = 0
        while left and (spent == 0 or spent + left[0]["seconds"] <= patience):
            t = left.pop(0)
            spent += t["seconds"]
            asked.append(t["name"])
            limit = 6 + 5 * t["seconds"]
            held = run(t["executable"], t["folder"], t["test"], env, limit, MANDATE_MUTANT=str(m["id"]))
            if held is None:
                # On a busy machine a test may only be slow: that it loops is said after four times as long.
                held = run(t["executable"], t["folder"], t["test"], env, 4 * limit, MANDATE_MUTANT=str(m["id"]))
            if not held:
                noticed[m["file"], t["name"]] += 1
                return {**m, "by": t["name"], "how": "caught" if held is False else "loops", "asked": asked}
        return {**m, "how": "survives" if asked else "not reached", "asked": asked, "left": len(left)}

    # Most changes are noticed at once: all are asked about shortly first, and what is left then at length.
    for patience in (15, 60, 600):
        left = [m for m in mutants if m["id"] not in known or unasked(known[m["id"]])]
        say(f"{len(mutants)} mutants, {len(left)} to be judged by up to {patience} s of tests each")
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool, results.open("a") as file:
            for i, got in enumerate(pool.map(lambda m: judge(m, patience), left)):
                if got is None:
                    continue
                known[got["id"]] = got
                file.write(json.dumps(got) + "\n")
                file.flush()
                if i % 100 == 99:
                    say(f"{i + 1} of {len(left)}")
    report(results, mutants, json.loads(listed.read_text()))


def report(results, mutants, all_mutants):
    got = list({got["id"]: got for got in map(json.loads, results.read_text().splitlines())}.values())
    print("| crate | built | caught | of them loops | survive | of them not asked of all tests | not reached | does not compile | not run |")
    print("|---|---|---|---|---|---|---|---|---|")
    for crate in dict.fromkeys(m["crate"] for m in all_mutants):
        how = collections.Counter(g["how"] for g in got if g["crate"] == crate)
        built = sum(m["crate"] == crate for m in mutants)
        unasked = sum(g["crate"] == crate and bool(g.get("left")) for g in got)
        not_built = sum(m["crate"] == crate and not m["built"] for m in all_mutants)
        print(f"| `{crate}` | {built} | {how['caught'] + how['loops']} | {how['loops']} | {how['survives']} | {unasked} | {how['not reached']} | "
              f"{not_built} | {built - sum(how.values())} |")
    alive = [g for g in got if g["how"] in ("survives", "not reached")]
    (OUT / "alive.txt").write_text("".join(
        f"{g['file']}:{g['line']} {g['function']}: {g['change']} ({g['how']}, {len(g['asked'])} tests{', ' + str(g['left']) + ' not asked' if g.get('left') else ''}, #{g['id']})\n" for g in alive))
    print(f"\n{len(alive)} alive: {OUT / 'alive.txt'}")


if __name__ == "__main__":
    main()
