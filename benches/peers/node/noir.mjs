// Noir: compile, execute the reference's examples. `../run.py` calls it, and Barretenberg's native program for the rest.
//
//   node noir.mjs compile CASES.json BINDING FOLDER            writes program.json
//   node noir.mjs execute CASES.json BINDING FOLDER RUNS       writes NAME.witness.gz for every example that is not refused
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Noir } from "@noir-lang/noir_js";
import { compile_program, createFileManager } from "@noir-lang/noir_wasm";
import { least, read } from "./common.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const [command, casesFile, binding, given, runs] = process.argv.slice(2);
const folder = path.resolve(given);
const cases = read(casesFile);
const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const field = (text) => String(((BigInt(text) % FIELD) + FIELD) % FIELD);

function source() {
    const { slots: N, scenarios: S, width: W, groups: G, table } = cases;
    const sizes = { N, S, W, G, L: N / G };
    let text = Object.entries(sizes).map(([name, value]) => `global ${name}: u32 = ${value};\n`).join("");
    if (binding === "constant") {
        text += `global FIXED: [Field; N * W] = [${table.map((w) => (w.startsWith("-") ? `0 - ${w.slice(1)}` : w)).join(", ")}];\n`;
    }
    for (const part of ["statement", binding]) {
        text += fs.readFileSync(path.join(here, `../noir/${part}.nr`), "utf8");
    }
    return text;
}

async function compile() {
    const project = path.join(folder, "project");
    fs.mkdirSync(path.join(project, "src"), { recursive: true });
    fs.writeFileSync(path.join(project, "Nargo.toml"), '[package]\nname = "statement"\ntype = "bin"\nauthors = [""]\n[dependencies]\n');
    fs.writeFileSync(path.join(project, "src/main.nr"), source());
    const { program } = await compile_program(createFileManager(project), undefined, () => {}, () => {});
    fs.writeFileSync(path.join(folder, "program.json"), JSON.stringify(program));
    return {};
}

function inputs(one) {
    const out = {
        limits: one.limits, quantities: one.quantities.map(field),
        blinding: cases.blinding, worst: one.worst.map(field),
    };
    return binding === "constant" ? out : { ...out, table: cases.table.map(field) };
}

/// The witness, or nothing where the book is refused.
async function witness(noir, one) {
    try {
        return (await noir.execute(inputs(one))).witness;
    } catch (error) {
        if (/Cannot satisfy constraint|Failed constraint|Failed assertion|call to assert_max_bit_size/.test(String(error))) {
            return undefined;
        }
        throw error;
    }
}

async function execute() {
    const noir = new Noir(read(path.join(folder, "program.json")));
    const taken = [];
    for (const one of cases.cases) {
        const compressed = await witness(noir, one);
        if (compressed !== undefined) {
            fs.writeFileSync(path.join(folder, `${one.name}.witness.gz`), compressed);
            taken.push(one.name);
        }
    }
    const [time] = await least(runs, () => witness(noir, cases.cases[0]));
    return { taken, witness: time };
}

const result = await { compile, execute }[command]();
console.log(JSON.stringify(result));
process.exit(0);
