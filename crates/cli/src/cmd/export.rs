//! `mandate export`: what other people's tools read. Takes public files only, and no command writes a witness.

use crate::cmd::check::shape;
use crate::cmd::verify::read_bundle;
use crate::failure::{At, Done, Outcome, fail};
use crate::files;
use crate::keys::KeyArgs;
use crate::screen::{Screen, grouped};
use crate::sheet::Sheet;
use mandate_circuits::r1cs::relation;
use mandate_export::{
    Wires, map_json, proof_json, public_inputs, public_json, r1cs_file, sym_file, verification_key_json,
};
use mandate_verifier::{KeyOrigin, Verifier};
use serde_json::json;
use std::path::PathBuf;

/// What to export.
#[derive(clap::Subcommand)]
pub enum Command {
    /// The constraints of a shape as circom's `.r1cs`, with names (`.sym`) and the rule of every constraint (`.json`) beside.
    R1cs {
        /// Name of the shape.
        #[arg(long)]
        shape: String,
        /// Where to write the `.r1cs` file.
        #[arg(short, long, value_name = "R1CS")]
        out: PathBuf,
    },
    /// A bundle's statement as snarkjs reads it: `verification_key.json`, `public.json`, `proof.json`.
    Proof {
        /// The bundle.
        bundle: PathBuf,
        /// The mandate, a TOML file.
        #[arg(short, long)]
        mandate: PathBuf,
        /// The snapshot.
        #[arg(short, long, value_name = "SNAP")]
        snapshot: PathBuf,
        /// Verifying key; that of the shape in the folder of keys where none is named.
        #[arg(long, value_name = "VK")]
        vk: Option<PathBuf>,
        #[command(flatten)]
        keys: KeyArgs,
        /// Folder to write to.
        #[arg(short, long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
    match command {
        Command::R1cs { shape: name, out } => {
            let shape = shape(name)?;
            let map = out.with_extension("json");
            let sym = out.with_extension("sym");
            if *out == map || *out == sym {
                return fail(format!(
                    "{}: names and rules are written beside it as .sym and .json; name a file that ends in .r1cs",
                    out.display()
                ));
            }
            let (relation, _) =
                screen.timed(&format!("constraints of shape {}", shape.name), || relation(shape));
            let wires = Wires::of(&relation);
            let bytes = r1cs_file(&relation, &wires);
            files::write(out, &bytes)?;
            files::write(&sym, sym_file(&relation, shape, &wires).as_bytes())?;
            files::write(&map, map_json(&relation, shape, &wires).to_string().as_bytes())?;
            screen.data(
                || {
                    format!(
                        "{}: {} bytes\nshape {}: {} constraints, {} wires, {} public inputs, {} private inputs\nnames {}\nrules {}",
                        out.display(),
                        grouped(bytes.len()),
                        shape.name,
                        grouped(relation.constraints()),
                        grouped(wires.count()),
                        grouped(wires.public()),
                        grouped(wires.choices()),
                        sym.display(),
                        map.display(),
                    )
                },
                || {
                    json!({
                        "files": [out, &sym, &map], "bytes": bytes.len(), "shape": shape.name,
                        "constraints": relation.constraints(), "wires": wires.count(),
                        "public_inputs": wires.public(), "private_inputs": wires.choices(),
                    })
                },
            );
            Ok(Outcome::Holds)
        }
        Command::Proof { bundle: path, mandate, snapshot, vk, keys, out } => {
            let bundle = read_bundle(path)?;
            let sheet = Sheet::read(mandate, snapshot)?;
            let named = keys.path(sheet.shape(), "vk");
            if vk.is_none() && !named.exists() {
                return fail(format!(
                    "{}: there is no key of shape `{}`; name the one that the proof was made under with --vk",
                    named.display(),
                    sheet.shape().name
                ));
            }
            let key = keys.verifying(sheet.shape(), vk.as_deref(), screen)?;
            let inputs = public_inputs(&key, &bundle, &sheet.compiled.part, &sheet.risk).at(path.display())?;
            let proof = Verifier::proof(&bundle).at(path.display())?;
            let files = [
                ("verification_key.json", verification_key_json(&key)),
                ("public.json", public_json(&inputs)),
                ("proof.json", proof_json(&proof)),
            ];
            for (name, value) in &files {
                files::write(&out.join(name), value.to_string().as_bytes())?;
            }
            let paths = files.map(|(name, _)| out.join(name));
            screen.say(
                "these three files say that the proof fits the public inputs, and nothing of whose account, instant and key \
                 they are: `mandate verify` checks that",
            );
            if key.origin == KeyOrigin::Development {
                screen.say(
                    "the key is a development key: whoever knows its seed could have made this proof without any book",
                );
            }
            screen.data(
                || {
                    let [key, public, proof] = paths.each_ref().map(|p| p.display());
                    format!("{key}\n{public}: {} public inputs\n{proof}", grouped(inputs.len()))
                },
                || json!({ "files": paths, "public_inputs": inputs.len(), "key": key.id() }),
            );
            Ok(Outcome::Holds)
        }
    }
}
