// circom and snarkjs: compile, judge the reference's examples, prove. `../run.py` calls it; results are one line of JSON.
//
//   node circom.mjs compile CASES.json BINDING FOLDER          writes main.r1cs and the witness program
//   node circom.mjs verdicts CASES.json BINDING FOLDER
//   node circom.mjs prove CASES.json BINDING FOLDER RUNS       needs FOLDER/main.zkey
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as snarkjs from "snarkjs";
import { least, read } from "./common.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const [command, casesFile, binding, given, runs] = process.argv.slice(2);
const folder = path.resolve(given);
const cases = read(casesFile);

function source() {
    const { slots, scenarios, groups } = cases;
    const size = `(${slots}, ${scenarios}, ${groups})`;
    const main = binding === "root"
        ? `component main {public [limits]} = ByRoot${size};`
        : `component main {public [table, limits]} = Statement${size};`;
    return `${fs.readFileSync(path.join(here, "../circom/statement.circom"), "utf8")}\n${main}\n`;
}

function compile() {
    fs.mkdirSync(folder, { recursive: true });
    const main = path.join(folder, "main.circom");
    fs.writeFileSync(main, source());
    const args = ["node_modules/circom2/cli.js", main, "--r1cs", "--wasm", "--O2", "-l", "node_modules", "-o", folder];
    const done = spawnSync(process.execPath, args, { encoding: "utf8", cwd: here });
    if (done.status !== 0) {
        throw new Error(`circom: ${done.stdout}${done.stderr}`);
    }
    return {};
}

function input(one) {
    const { slots, width } = cases;
    const table = [];
    for (let j = 0; j < slots; j++) {
        table.push(cases.table.slice(j * width, (j + 1) * width));
    }
    return { table, limits: one.limits, quantities: one.quantities, blinding: cases.blinding, worst: one.worst };
}

const wasm = () => fs.readFileSync(path.join(folder, "main_js/main.wasm"));
const quiet = { error() {}, warn() {}, info() {}, debug() {} };

async function witness(one) {
    const wtns = { type: "mem" };
    await snarkjs.wtns.calculate(input(one), wasm(), wtns);
    return wtns;
}

async function verdicts() {
    const r1cs = path.join(folder, "main.r1cs");
    const out = {};
    for (const one of cases.cases) {
        let got;
        try {
            const wtns = await witness(one);
            got = await snarkjs.wtns.check(r1cs, wtns, quiet);
        } catch (error) {
            if (!/Assert Failed/.test(String(error))) {
                throw error;
            }
            got = false;
        }
        out[one.name] = { got, wanted: one.lawful };
    }
    return out;
}

async function prove() {
    const zkey = path.join(folder, "main.zkey");
    const one = cases.cases[0];
    const vkey = await snarkjs.zKey.exportVerificationKey(zkey, quiet);
    const [witnessTime] = await least(runs, () => witness(one));
    const [time, { proof, publicSignals }] = await least(runs, async () =>
        snarkjs.groth16.prove(zkey, await witness(one), quiet));
    const [verify, holds] = await least(5, () => snarkjs.groth16.verify(vkey, publicSignals, proof, quiet));
    const lie = [...publicSignals];
    lie[lie.length - 1] = String(BigInt(lie[lie.length - 1]) - 1n);
    if (!holds || await snarkjs.groth16.verify(vkey, lie, proof, quiet)) {
        throw new Error("the verifier's verdict is wrong");
    }
    return {
        prove: time, witness: witnessTime, verify,
        proof_bytes: 128, key_bytes: fs.statSync(zkey).size,
    };
}

const result = await { compile, verdicts, prove }[command]();
console.log(JSON.stringify(result));
process.exit(0);
