//! Keys of shapes, kept in a folder. This version has development keys only.

use crate::failure::{At, Failure, fail};
use crate::files;
use crate::screen::{Screen, grouped, seconds};
use mandate_circuits::r1cs::{Relation, relation};
use mandate_prover::{Prover, ProvingKey};
use mandate_statement::{Kind, Shape, keccak};
use mandate_verifier::{KeyOrigin, VerifyingKey};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What development keys are made from where nothing else is said.
pub const DEFAULT_SEED: &str = "mandate development key";

/// Where keys are.
#[derive(clap::Args, Clone)]
pub struct KeyArgs {
    /// Folder of keys.
    #[arg(long, value_name = "DIR", default_value = "params")]
    pub params: PathBuf,
    /// Seed of the development key. Whoever knows it can forge.
    #[arg(long, default_value = DEFAULT_SEED, hide_default_value = true)]
    pub seed: String,
}

/// How large a key is, and how long it took.
pub struct Figures {
    /// Size of the proving key's file, in bytes.
    pub proving_bytes: usize,
    /// Size of the verifying key's file, in bytes.
    pub verifying_bytes: usize,
    /// Constraints of the relation.
    pub constraints: usize,
    /// Public inputs, the constant one included.
    pub inputs: usize,
    /// Time of the setup.
    pub setup: Duration,
}

impl KeyArgs {
    /// The file of a shape's key.
    pub fn path(&self, shape: &Shape, extension: &str) -> PathBuf {
        let name = if self.seed == DEFAULT_SEED {
            format!("{}.{extension}", shape.name)
        } else {
            format!("{}-{}.{extension}", shape.name, keccak(self.seed.as_bytes()).short())
        };
        self.params.join(name)
    }

    /// Makes a development key and writes both files.
    pub fn make(&self, shape: &'static Shape, screen: &Screen) -> Result<(ProvingKey, Figures), Failure> {
        screen.say(format!(
            "making a development key for shape {}: whoever knows its seed can forge proofs; use it for tests and local \
             chains only",
            shape.name
        ));
        let (relation, _) = screen.timed(&format!("constraints of shape {}", shape.name), || relation(shape));
        let (key, setup) = screen.timed(&format!("development key of shape {}", shape.name), || {
            ProvingKey::development(shape, &relation, &self.seed)
        });
        let key = key?;
        let (proving, verifying) = (key.to_bytes(), key.verifying().to_bytes());
        files::write(&self.path(shape, "pk"), &proving)?;
        files::write(&self.path(shape, "vk"), &verifying)?;
        let figures = Figures {
            proving_bytes: proving.len(),
            verifying_bytes: verifying.len(),
            constraints: relation.constraints(),
            inputs: relation.inputs,
            setup,
        };
        screen.say(format!(
            "key {} ({}): {} constraints, {} public inputs, proving key {} bytes, verifying key {} bytes, {}",
            key.verifying().id(),
            key.verifying().origin.name(),
            grouped(figures.constraints),
            grouped(figures.inputs),
            grouped(figures.proving_bytes),
            grouped(figures.verifying_bytes),
            seconds(setup)
        ));
        Ok((key, figures))
    }

    /// The proving key: `file` where one is named, else the folder's, else a new development key.
    pub fn proving(
        &self,
        shape: &'static Shape,
        file: Option<&Path>,
        screen: &Screen,
    ) -> Result<ProvingKey, Failure> {
        let path = file.map_or_else(|| self.path(shape, "pk"), Path::to_owned);
        if file.is_none() && !path.exists() {
            return Ok(self.make(shape, screen)?.0);
        }
        let bytes = files::read(&path, 2 << 30)?;
        let (key, _) = screen.timed("reading the proving key", || ProvingKey::from_bytes(&bytes));
        let key = key.at(path.display())?;
        self.fits(&path, key.verifying(), shape)?;
        if !key.is_vouched_for() {
            if file.is_none() && self.seed == DEFAULT_SEED {
                return fail(format!(
                    "{}: this is not the development key that the default seed makes: it is of another circuit, or somebody \
                     altered it, and proofs under it could tell about the book; delete it and it is made again",
                    path.display()
                ));
            }
            screen.say(format!(
                "{}: this program does not know the key; whoever altered it could read the book from the proofs, so use it only \
                 where you made it yourself",
                path.display()
            ));
        }
        Ok(key)
    }

    /// The verifying key, likewise.
    pub fn verifying(
        &self,
        shape: &'static Shape,
        file: Option<&Path>,
        screen: &Screen,
    ) -> Result<VerifyingKey, Failure> {
        let path = file.map_or_else(|| self.path(shape, "vk"), Path::to_owned);
        if file.is_none() && !path.exists() {
            return Ok(self.make(shape, screen)?.0.verifying().clone());
        }
        let bytes = files::read(&path, Kind::VerifyingKey.limit() as u64 + 1024)?;
        let (key, _) = screen.timed("reading the verifying key", || VerifyingKey::from_bytes(&bytes));
        let key = key.at(path.display())?;
        self.fits(&path, &key, shape)?;
        Ok(key)
    }

    /// Refuses a folder without a verifying key of the shape, where a new development key would be of no use.
    pub fn must_exist(&self, shape: &Shape) -> Result<(), Failure> {
        let path = self.path(shape, "vk");
        if path.exists() {
            return Ok(());
        }
        fail(format!(
            "{}: there is no key of shape `{}`; name one with --vk. A development key would be made here, and proves nothing \
             to you: --allow-dev-key accepts that",
            path.display(),
            shape.name
        ))
    }

    fn fits(&self, path: &Path, key: &VerifyingKey, shape: &Shape) -> Result<(), Failure> {
        if key.shape.name == shape.name {
            return Ok(());
        }
        fail(format!(
            "{}: the key is for shape `{}`, the snapshot is laid out on `{}`",
            path.display(),
            key.shape.name,
            shape.name
        ))
    }
}

/// A prover, with its constraints; names a development key for what it is.
pub fn prover(key: ProvingKey, screen: &Screen) -> Result<Prover, Failure> {
    let verifying = key.verifying();
    if verifying.origin == KeyOrigin::Development {
        screen.say(format!(
            "key {} is a development key: a proof under it shows nothing to anyone but yourself",
            verifying.id().short()
        ));
    }
    let shape = verifying.shape;
    let (relation, _): (Relation, _) =
        screen.timed(&format!("constraints of shape {}", shape.name), || relation(shape));
    let wanted = verifying.points.gamma_abc_g1.len();
    if wanted != relation.inputs {
        return fail(format!(
            "the key takes {wanted} public inputs, this program's circuit has {}: make the key anew with `mandate setup \
             dev --shape {}`",
            relation.inputs, shape.name
        ));
    }
    Ok(Prover::new(key, relation)?)
}
