//! Keys of shapes, kept in a folder. This version has development keys only.

use crate::failure::{At, Failure, fail};
use crate::files;
use crate::screen::{Screen, grouped, seconds};
use mandate_circuits::r1cs::{Relation, relation};
use mandate_prover::{Prover, ProvingKey, READY_LIMIT, is_known_ready, made_of, ready_file};
use mandate_statement::{Digest, Kind, Shape, keccak};
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

/// The file beside a proving key that holds it made ready.
pub fn ready_path(key: &Path) -> PathBuf {
    key.with_extension("ready")
}

impl KeyArgs {
    /// A prover: from the key made ready where that is pinned, by this program or by `pin`; else from the key itself, checked in full.
    /// Names a development key for what it is.
    pub fn prover(
        &self,
        shape: &'static Shape,
        file: Option<&Path>,
        pin: Option<Digest>,
        screen: &Screen,
    ) -> Result<Prover, Failure> {
        let path = file.map_or_else(|| self.path(shape, "pk"), Path::to_owned);
        let prover = match self.quickly(&path, pin, screen)? {
            Some(prover) => {
                self.fits(&ready_path(&path), prover.key().verifying(), shape)?;
                prover
            }
            None => self.slowly(shape, file, screen)?,
        };
        let verifying = prover.key().verifying();
        if verifying.origin == KeyOrigin::Development {
            screen.say(format!(
                "key {} is a development key: a proof under it shows nothing to anyone but yourself",
                verifying.id().short()
            ));
        }
        Ok(prover)
    }

    /// From the ready file, where there is one of this key that is pinned.
    fn quickly(&self, key: &Path, pin: Option<Digest>, screen: &Screen) -> Result<Option<Prover>, Failure> {
        let path = ready_path(key);
        if pin.is_none() && !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path, READY_LIMIT)?;
        // A key that was made anew leaves a ready file behind that is still pinned, and of another key.
        if key.exists() && made_of(&bytes) != ProvingKey::digest_in(&files::head(key, ProvingKey::HEADER)?) {
            return match pin {
                Some(_) => {
                    fail(format!("{}: it was made of another key than {}", path.display(), key.display()))
                }
                None => Ok(None),
            };
        }
        let pins: Vec<Digest> = pin.into_iter().collect();
        let (prover, _) = screen.timed("reading the key made ready", || Prover::from_ready(&bytes, &pins));
        match prover {
            Ok(prover) => Ok(Some(prover)),
            Err(why) if pin.is_some() => fail(format!("{}: {why}", path.display())),
            Err(why) => {
                screen.say(format!("{}: {why}; the key itself is read", path.display()));
                Ok(None)
            }
        }
    }

    /// From the key itself; leaves a ready file for the next time where this program will know it.
    fn slowly(&self, shape: &'static Shape, file: Option<&Path>, screen: &Screen) -> Result<Prover, Failure> {
        let key = self.proving(shape, file, screen)?;
        let (relation, _): (Relation, _) =
            screen.timed(&format!("constraints of shape {}", shape.name), || relation(shape));
        let wanted = key.verifying().points.gamma_abc_g1.len();
        if wanted != relation.inputs {
            return fail(format!(
                "the key takes {wanted} public inputs, this program's circuit has {}: make the key anew with `mandate setup \
                 dev --shape {}`",
                relation.inputs, shape.name
            ));
        }
        if file.is_none() && self.seed == DEFAULT_SEED && key.is_vouched_for() {
            let path = ready_path(&self.path(shape, "pk"));
            let (bytes, digest) = ready_file(&key, &relation)?;
            // Only a convenience: a folder that cannot be written to is no reason not to prove.
            if is_known_ready(shape.name, digest)
                && let Err(why) = files::write(&path, &bytes)
            {
                screen.say(format!("{}: the key made ready was not kept: {}", path.display(), why.0));
            }
        }
        Ok(Prover::new(key, &relation)?)
    }
}
