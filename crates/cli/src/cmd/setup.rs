//! `mandate setup`.

use crate::cmd::check::shape;
use crate::failure::{Done, Outcome, fail};
use crate::keys::KeyArgs;
use crate::screen::{Screen, grouped, seconds};
use serde_json::json;
use std::path::PathBuf;

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
    /// Begin a ceremony (not in this version).
    New,
    /// Contribute to a ceremony (not in this version).
    Contribute,
    /// Verify a ceremony's transcript (not in this version).
    Verify,
}

/// Runs one.
pub fn run(command: &Command, screen: &Screen) -> Done {
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
