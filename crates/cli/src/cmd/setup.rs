//! `mandate setup`.

use crate::cmd::check::shape;
use crate::failure::{Done, Outcome, fail};
use crate::files;
use crate::keys::{KeyArgs, ready_path};
use crate::screen::{Screen, grouped, seconds};
use mandate_circuits::r1cs::relation;
use mandate_prover::{is_known_ready, ready_file};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What to do with keys.
#[derive(clap::Subcommand)]
pub enum Command {
    /// A development key from a seed: for tests and local chains, as whoever knows the seed can forge.
    Dev {
        /// Name of the shape.
        #[arg(long)]
        shape: String,
        #[command(flatten)]
        keys: KeyArgs,
        /// Folder to write to, instead of --params.
        #[arg(short, long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Make a key ready: its points and constraints as proving reads them, in a file beside it that loads in a fraction of the time.
    /// The key is checked in full once, here; `mandate prove --key-pin` then takes the file under the digest that this prints.
    Ready {
        /// Name of the shape.
        #[arg(long)]
        shape: String,
        /// Proving key; that of the shape in the folder of keys where none is named.
        #[arg(long, value_name = "PK")]
        key: Option<PathBuf>,
        #[command(flatten)]
        keys: KeyArgs,
    },
    /// Begin a ceremony (not in this version).
    New,
    /// Contribute to a ceremony (not in this version).
    Contribute,
    /// Verify a ceremony's transcript (not in this version).
    Verify,
}

fn ready(name: &str, file: Option<&Path>, keys: &KeyArgs, screen: &Screen) -> Done {
    let shape = shape(name)?;
    let key = keys.proving(shape, file, screen)?;
    let path = ready_path(&file.map_or_else(|| keys.path(shape, "pk"), Path::to_owned));
    let (bytes, digest) = ready_file(&key, &relation(shape))?;
    files::write(&path, &bytes)?;
    let known = is_known_ready(shape.name, digest);
    let said = if known { "this program knows it" } else { "pin it: mandate prove --key-pin" };
    screen.data(
        || format!("{}: {} bytes\nready key {digest} ({said})", path.display(), grouped(bytes.len())),
        || json!({ "file": path, "bytes": bytes.len(), "digest": digest, "known": known, "key": key.verifying().id() }),
    );
    Ok(Outcome::Holds)
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
    if let Command::Ready { shape, key, keys } = command {
        return ready(shape, key.as_deref(), keys, screen);
    }
    let Command::Dev { shape: name, keys, out } = command else {
        return fail("ceremonies are not in this version; `mandate setup dev` makes a development key");
    };
    let shape = shape(name)?;
    let mut keys = keys.clone();
    if let Some(out) = out {
        keys.params.clone_from(out);
    }
    let (key, figures) = keys.make(shape, screen)?;
    let files = [keys.path(shape, "pk"), keys.path(shape, "vk")];
    screen.data(
        || {
            format!(
                "development key {}\nshape {}: {} constraints, {} public inputs\nproving key   {:>13} bytes  {}\n\
                 verifying key {:>13} bytes  {}\nsetup {}",
                key.verifying().id(),
                shape.name,
                grouped(figures.constraints),
                grouped(figures.inputs),
                grouped(figures.proving_bytes),
                files[0].display(),
                grouped(figures.verifying_bytes),
                files[1].display(),
                seconds(figures.setup)
            )
        },
        || {
            json!({
                "key": key.verifying().id(), "origin": "development", "shape": shape.name,
                "constraints": figures.constraints, "inputs": figures.inputs,
                "proving_bytes": figures.proving_bytes, "verifying_bytes": figures.verifying_bytes,
                "setup_seconds": figures.setup.as_secs_f64(), "files": files,
            })
        },
    );
    Ok(Outcome::Holds)
}
