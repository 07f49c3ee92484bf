#!/usr/bin/env python3
"""`make bench-peers`: one statement in several proof systems, measured on this machine, and the pages that say how it went.

Each measurement is kept in work/record.json as soon as it is made, under the versions of what was measured, so that a run
that was cut short goes on where it stopped. README.md has the statement, the peers and the options.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = HERE / "work"
RECORD = WORK / "record.json"
NODE = HERE / "node"
# Barretenberg's points reach to 2^20 gates, the largest point of the plan.
CRS_POWER = 20
# snarkjs at more non-zero entries than this takes longer than everything else together.
SNARKJS = {("root", 64, 4), ("root", 64, 16), ("root", 256, 4), ("root", 256, 16),
           ("public", 64, 4), ("public", 64, 16), ("public", 256, 4), ("public", 256, 16)}


class Skip(Exception):
    """Why a measurement cannot be made here."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def timed(command, limit, cwd=None):
    """Runs a command with a time limit. Gives its stdout, wall and user seconds, and the most memory it held, in bytes.

    The command leads a process group of its own, so that a limit ends its children too; times and memory count them.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen([str(c) for c in command], stdout=out, stderr=err, cwd=cwd, start_new_session=True)
        late = threading.Event()

        def stop():
            late.set()
            os.killpg(child.pid, signal.SIGKILL)

        alarm = threading.Timer(limit, stop)
        alarm.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            alarm.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        text, words = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    name = " ".join(str(c) for c in command[:4])
    if late.is_set():
        raise Skip(f"not done in {limit:.0f} s: {name}")
    if child.returncode != 0:
        raise Skip(f"{name}: exit {child.returncode}: {(words or text).strip()[-300:]}")
    return text, {"wall": wall, "user": usage.ru_utime}, usage.ru_maxrss * 1024


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def digest(paths):
    out = hashlib.sha256()
    for path in sorted(paths):
        out.update(path.name.encode() + b"\0" + path.read_bytes())
    return out.hexdigest()[:12]


class Bench:
    def __init__(self, args):
        self.args = args
        self.start = time.monotonic()
        self.record = {}
        if RECORD.exists() and not args.fresh:
            self.record = json.loads(RECORD.read_text())
        self.peers = None
        self.tools = {}
        self.versions = {}

    # What there is to measure with.

    def build(self):
        cargo = os.environ.get("CARGO", "cargo")
        if not shutil.which(cargo):
            raise SystemExit("bench-peers: no cargo")
        say("building the Rust side")
        # Not `--locked`: the product's own packages are dependencies here, and theirs may have changed.
        done = subprocess.run([cargo, "build", "--release", "--message-format=json"], cwd=HERE,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit("bench-peers: the Rust side does not build")
        for line in done.stdout.splitlines():
            message = json.loads(line)
            if message.get("executable") and message["target"]["name"] == "peers":
                self.peers = message["executable"]
        lock = (HERE / "Cargo.lock").read_text()

        def crate(name):
            return re.search(rf'name = "{name}"\nversion = "([^"]+)"', lock)[1]

        source = digest(f for f in (HERE / "src").glob("*.rs") if f.name not in ("ours.rs", "rates.rs", "main.rs"))
        self.versions["ark"] = f"ark-groth16 {crate('ark-groth16')}, source {source}"
        self.versions["taceo"] = f"taceo-groth16 {crate('taceo-groth16')}, source {source}"
        ours = [f for folder in ("circuits", "crates") for f in (ROOT / folder).rglob("*.rs") if "tests" not in f.parts]
        self.versions["ours"] = f"mandate, source {digest(ours + [HERE / 'src/ours.rs'])}"
        self.versions["transparent"] = self.versions["ours"]

    def node(self):
        """The npm packages, from the lock file, no package's scripts run. Done once."""
        if "node" in self.tools:
            if isinstance(self.tools["node"], Skip):
                raise self.tools["node"]
            return
        try:
            if not shutil.which("node") or not shutil.which("npm"):
                raise Skip("node or npm is missing")
            lock, stamp = NODE / "package-lock.json", NODE / "node_modules/.package-lock.json"
            if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
                say("installing the peers' npm packages")
                # Not `npm ci`: it refuses a lock file that leaves out optional packages of other platforms.
                done = subprocess.run(["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"],
                                      cwd=NODE, stdout=sys.stderr)
                if done.returncode != 0:
                    raise Skip("`npm install` failed in benches/peers/node")
                stamp.touch()
            wanted = json.loads((NODE / "package.json").read_text())["dependencies"]
            scripts = [NODE / "common.mjs"]
            noir = digest([*scripts, NODE / "noir.mjs", *(HERE / "noir").glob("*.nr"), HERE / "src/statement.rs"])
            circom = digest([*scripts, NODE / "circom.mjs", HERE / "circom/statement.circom", HERE / "src/statement.rs"])
            self.versions["bb"] = (f"@aztec/bb.js {wanted['@aztec/bb.js']} with noir_js {wanted['@noir-lang/noir_js']}, "
                                   f"source {noir}")
            self.versions["snarkjs"] = f"snarkjs {wanted['snarkjs']} with circom2 {wanted['circom2']}, source {circom}"
            self.tools["node"] = True
        except Skip as skip:
            self.tools["node"] = skip
            raise

    def bb(self):
        """A copy of `bb` that knows our G2 point, with the points it reads."""
        if "bb" in self.tools:
            return self.tools["bb"]
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
        system = {"Linux": "linux", "Darwin": "macos"}.get(platform.system())
        program = NODE / f"node_modules/@aztec/bb.js/build/{machine}-{system}/bb"
        if not program.exists():
            raise Skip(f"@aztec/bb.js has no native program for {platform.machine()} {platform.system()}")
        crs = WORK / "crs"
        crs.mkdir(exist_ok=True)
        if not (crs / "bn254_g2.dat").exists():
            say(f"making 2^{CRS_POWER} points from a known secret")
            timed([self.peers, "crs", CRS_POWER, crs], self.args.limit)
        copy = WORK / "bb"
        timed([sys.executable, HERE / "own_point.py", program, crs / "bn254_g2.dat", copy], self.args.limit)
        self.tools["bb"] = (copy, crs)
        return self.tools["bb"]

    def points(self, gates):
        """A folder with the points that so many gates take, no more: `bb` reads the whole file."""
        _, crs = self.bb()
        power = max(13, gates.bit_length() + 1)
        if power > CRS_POWER:
            raise Skip(f"{gates:,} gates take more than the 2^{CRS_POWER} points made")
        folder = WORK / f"crs-{power}"
        if not (folder / "bn254_g2.dat").exists():
            folder.mkdir(exist_ok=True)
            with open(crs / "bn254_g1.dat", "rb") as whole:
                (folder / "bn254_g1.dat").write_bytes(whole.read(64 * (2**power + 1)))
            shutil.copy(crs / "bn254_g2.dat", folder)
        return folder

    def cases(self, slots, scenarios):
        path = WORK / f"cases-{slots}-{scenarios}.json"
        text, _, _ = timed([self.peers, "cases", slots, scenarios], self.args.limit)
        path.write_text(text)
        return path

    # One measurement each. All give what the record holds.

    def groth16(self, which, binding, slots, scenarios, runs):
        key = WORK / f"groth16-{binding}-{slots}-{scenarios}.key"
        about = key.with_suffix(".json")
        if not (key.exists() and about.exists()):
            text, _, _ = timed([self.peers, "groth16-setup", slots, scenarios, binding, key], self.args.limit)
            about.write_text(text)
        text, _, peak = timed([self.peers, which, slots, scenarios, binding, key, runs], self.args.limit)
        if which == "taceo":
            key.unlink()
        return {**last_json(about.read_text()), **last_json(text), "peak_bytes": peak}

    def ark(self, binding, slots, scenarios, runs):
        return self.groth16("ark", binding, slots, scenarios, runs)

    def taceo(self, binding, slots, scenarios, runs):
        return self.groth16("taceo", binding, slots, scenarios, runs)

    def ours(self, binding, slots, scenarios, runs):
        del binding, scenarios  # one relation serves all of them
        key = WORK / f"ours-{slots}.key"
        about, _, _ = timed([self.peers, "ours-setup", slots, key], self.args.limit)
        text, _, peak = timed([self.peers, "ours", slots, key, runs], self.args.limit)
        key.unlink()
        key.with_suffix(".digest").unlink()
        return {**last_json(about), **last_json(text), "peak_bytes": peak}

    def transparent(self, binding, slots, scenarios, runs):
        del binding, scenarios
        text, _, peak = timed([self.peers, "transparent", slots, runs], self.args.limit)
        return {**last_json(text), "peak_bytes": peak}

    def folder(self, name, binding, slots, scenarios):
        folder = WORK / f"{name}-{binding}-{slots}-{scenarios}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def snarkjs(self, binding, slots, scenarios, runs):
        cases = self.cases(slots, scenarios)
        folder = self.folder("circom", binding, slots, scenarios)
        script = NODE / "circom.mjs"
        timed(["node", script, "compile", cases, binding, folder], self.args.limit)
        about, _, _ = timed([self.peers, "zkey", folder / "main.r1cs", folder / "main.zkey"], self.args.limit)
        text, _, peak = timed(["node", script, "prove", cases, binding, folder, runs], self.args.limit)
        shutil.rmtree(folder)
        return {**last_json(about), **last_json(text), "peak_bytes": peak}

    def noir(self, binding, slots, scenarios, runs):
        cases = self.cases(slots, scenarios)
        folder = self.folder("noir", binding, slots, scenarios)
        script = NODE / "noir.mjs"
        timed(["node", script, "compile", cases, binding, folder], self.args.limit)
        text, _, _ = timed(["node", script, "execute", cases, binding, folder, runs], self.args.limit)
        return folder, last_json(text)

    def bb_gates(self, folder):
        bb, _ = self.bb()
        text, _, _ = timed([bb, "gates", "-b", folder / "program.json", "-t", "noir-recursive"], self.args.limit)
        return json.loads(text[text.index("{"):])["functions"][0]["circuit_size"]

    def bb_prove(self, folder, name, crs):
        bb, _ = self.bb()
        target = ["-t", "noir-recursive", "-c", crs]
        if not (folder / "vk").exists():
            timed([bb, "write_vk", "-b", folder / "program.json", "-o", folder, *target], self.args.limit)
        return timed([bb, "prove", "-b", folder / "program.json", "-w", folder / f"{name}.witness.gz", "-k", folder / "vk",
                      "-o", folder, *target], self.args.limit)

    def bb_verify(self, folder, crs):
        bb, _ = self.bb()
        try:
            _, spent, _ = timed([bb, "verify", "-k", folder / "vk", "-p", folder / "proof", "-i", folder / "public_inputs",
                                 "-t", "noir-recursive", "-c", crs], self.args.limit)
        except Skip as refused:
            if "verification failed" in str(refused):
                return None
            raise
        return spent

    def bb_lie(self, folder, crs):
        """Whether a limit that is not the proven one is refused: the sixth public input, made one less."""
        path = folder / "public_inputs"
        honest = path.read_bytes()
        path.write_bytes(honest[:191] + bytes([honest[191] ^ 1]) + honest[192:])
        refused = self.bb_verify(folder, crs) is None
        path.write_bytes(honest)
        return refused

    def bb_run(self, binding, slots, scenarios, runs):
        self.bb()
        folder, about = self.noir(binding, slots, scenarios, runs)
        gates = self.bb_gates(folder)
        crs = self.points(gates)
        proofs = [self.bb_prove(folder, "lawful", crs) for _ in range(runs)]
        least = {k: min(spent[k] for _, spent, _ in proofs) + about["witness"][k] for k in ("wall", "user")}
        checks = [self.bb_verify(folder, crs) for _ in range(3)]
        if None in checks or not self.bb_lie(folder, crs):
            raise Skip("the verifier's verdict is wrong")
        out = {
            "prove": {**least, "runs": runs},
            "witness": about["witness"],
            "verify": {k: min(c[k] for c in checks) for k in ("wall", "user")},
            "constraints": gates,
            "public_inputs": (folder / "public_inputs").stat().st_size // 32,
            "proof_bytes": (folder / "proof").stat().st_size,
            "key_bytes": (folder / "vk").stat().st_size,
            "peak_bytes": max(peak for _, _, peak in proofs),
        }
        shutil.rmtree(folder)
        return out

    # The whole.

    def plan(self):
        slots = [int(s) for s in self.args.slots.split()]
        small = [s for s in slots if s <= 1024]
        scenarios = [int(s) for s in self.args.scenarios.split()]
        points = [("ours", "points", n, 16) for n in slots] + [("transparent", "columns", n, 16) for n in slots]
        for n in small:
            for s in scenarios:
                points += [("bb", b, n, s) for b in ("root", "public", "constant")]
                # One key serves both provers: they come one after the other.
                points += [(p, b, n, s) for b in ("root", "public") for p in ("ark", "taceo")]
        points += [("snarkjs", b, n, s) for n in small for s in scenarios for b in ("public", "root")]
        return [p for p in points if p[0] in self.args.peers.split()]

    def measure(self, point):
        peer, binding, slots, scenarios = point
        name = f"{peer} {binding} {slots} {scenarios}"
        if peer in ("bb", "snarkjs"):
            self.node()
        known = self.record.get(name)
        if known and known.get("versions") == self.versions[peer] and "prove" in known:
            return
        if time.monotonic() - self.start > self.args.minutes * 60:
            self.record[name] = {"not_run": f"the run's {self.args.minutes:g} minutes were over; run again to go on"}
            return
        if peer == "snarkjs" and (binding, slots, scenarios) not in SNARKJS:
            raise Skip("snarkjs is not run above 256 slots: minutes to a proof, and more than an hour to compile the circuit")
        say(f"{time.strftime('%H:%M:%S')} {name}")
        load = os.getloadavg()[0]
        runs = self.args.runs if slots <= 256 else min(self.args.runs, 2)
        work = {"bb": self.bb_run}.get(peer) or getattr(self, peer)
        got = work(binding, slots, scenarios, 1 if peer == "snarkjs" and slots > 64 else runs)
        self.record[name] = {**got, "load": load, "versions": self.versions[peer],
                             "when": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")}

    def same(self, slots):
        """The provers in Rust on our own constraints."""
        name, versions = f"same {slots}", f"{self.versions['ours']}; {self.versions['ark']}; {self.versions['taceo']}"
        if self.record.get(name, {}).get("versions") == versions:
            return
        say(f"{time.strftime('%H:%M:%S')} {name}")
        load = os.getloadavg()[0]
        text, _, _ = timed([self.peers, "same", slots, self.args.runs], self.args.limit)
        self.record[name] = {**last_json(text), "load": load, "versions": versions}
        self.keep()

    def keep(self):
        new = RECORD.with_suffix(".new")
        new.write_text(json.dumps(self.record, indent=1) + "\n")
        new.replace(RECORD)

    def all(self):
        for point in self.plan():
            try:
                self.measure(point)
            except Skip as skip:
                name = "{} {} {} {}".format(*point)
                say(f"{name}: not run: {skip}")
                self.record[name] = {"not_run": str(skip)}
            self.keep()
        for key in WORK.glob("*.key"):
            key.unlink()
        for slots in [int(s) for s in self.args.slots.split() if int(s) <= 1024]:
            self.same(slots)
        say("rates and counts for the roofline")
        rates, _, _ = timed([self.peers, "rates"], self.args.limit)
        self.record["rates"] = last_json(rates)
        for slots in self.args.slots.split():
            count, _, _ = timed([self.peers, "count", slots], self.args.limit)
            self.record[f"count {slots}"] = last_json(count)
        self.record["machine"] = machine()
        self.keep()

    # The same verdicts.

    def verdicts(self):
        """Every peer that is not Rust against the reference's verdicts, at 64 slots. Those in Rust are held by `cargo test`."""
        wrong = 0
        self.node()
        for scenarios in (4, 16):
            cases = self.cases(64, scenarios)
            wanted = {c["name"]: c["lawful"] for c in json.loads(cases.read_text())["cases"]}
            for binding in ("root", "public"):
                folder = self.folder("circom", binding, 64, scenarios)
                script = NODE / "circom.mjs"
                timed(["node", script, "compile", cases, binding, folder], self.args.limit)
                text, _, _ = timed(["node", script, "verdicts", cases, binding, folder], self.args.limit)
                wrong += self.judge("circom", binding, scenarios, wanted,
                                    [n for n, v in last_json(text).items() if v["got"]])
            for binding in ("root", "public", "constant"):
                folder, about = self.noir(binding, 64, scenarios, 1)
                taken = []
                crs = self.points(self.bb_gates(folder))
                for name in about["taken"]:
                    self.bb_prove(folder, name, crs)
                    if self.bb_verify(folder, crs) and self.bb_lie(folder, crs):
                        taken.append(name)
                wrong += self.judge("noir", binding, scenarios, wanted, taken)
        return wrong

    @staticmethod
    def judge(peer, binding, scenarios, wanted, taken):
        wrong = [name for name, lawful in wanted.items() if lawful != (name in taken)]
        say(f"{peer} {binding} 64 slots, {scenarios} scenarios: {len(wanted) - len(wrong)} of {len(wanted)} verdicts as the reference's"
            + (f"; wrong: {', '.join(wrong)}" if wrong else ""))
        return len(wrong)


def machine():
    cpu = "unknown"
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text())
        cpu = found[1] if found else cpu
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system()}


def main():
    parse = argparse.ArgumentParser(description="One statement in several proof systems, measured on this machine.")
    parse.add_argument("--slots", default="64 256 1024 4096", help="sizes; above 1024 ours alone")
    parse.add_argument("--scenarios", default="16 4")
    parse.add_argument("--peers", default="ours transparent ark taceo bb snarkjs", help="which to run")
    parse.add_argument("--runs", type=int, default=3, help="proofs of each; the least counts")
    parse.add_argument("--limit", type=float, default=900, help="seconds for one step")
    parse.add_argument("--minutes", type=float, default=45, help="no measurement is begun after this")
    parse.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parse.add_argument("--verdicts", action="store_true", help="only compare verdicts with the reference's")
    parse.add_argument("--report", action="store_true", help="only write the pages from what was measured before")
    args = parse.parse_args()
    WORK.mkdir(exist_ok=True)
    bench = Bench(args)
    if not args.report:
        bench.build()
        if args.verdicts:
            try:
                wrong = bench.verdicts()
            except Skip as skip:
                raise SystemExit(f"bench-peers: {skip}") from None
            return 1 if wrong else 0
        bench.all()
    report.write(bench.record, ROOT / "docs")
    print((ROOT / "docs/peers.md").read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
