//! The same statement as a sheet of this project, proven by its own prover through its public interface.
//!
//! One relation serves every table, every limit and every number of scenarios up to sixteen, so the circuit is larger than the
//! statement asks: a slot has sixteen columns and sixteen scenarios here, of which the statement uses four and its own.

use crate::measure::least;
use crate::statement::{Broken, Case, METRICS};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ark_bn254::Fr;
use ark_ff::UniformRand;
use mandate_attest::{Blinding, account_id, commit, subject_id};
use mandate_circuits::r1cs::relation;
use mandate_prover::{AccountOpening, ProveError, Prover, ProvingKey, Task, ready_file};
use mandate_statement::{
    AccountEntry, AccountSet, Attestation, AttestorGrade, Context, Digest, Family, GlobalVar, Layout,
    LocalVar, RiskPart, RulesPart, Runs, Shape, SignedAttestation, keccak,
};
use mandate_testing::{RulesBuilder, columns};
use mandate_verifier::{Expectations, Verifier};
use rand::SeedableRng;
use serde_json::{Value, json};
use std::path::Path;

const AS_OF: u64 = 1_767_268_800;

/// The shape that holds a case.
///
/// # Errors
/// Where no shape has that many slots.
pub fn shape(case: &Case) -> Result<&'static Shape, String> {
    let name = match case.size.slots {
        64 => "r64",
        256 => "s256",
        1024 => "m1024",
        4096 => "l4096",
        other => return Err(format!("no shape has {other} slots")),
    };
    Shape::by_name(name).ok_or_else(|| format!("no shape `{name}`"))
}

/// The table as a risk part: one account, each group an asset of its own.
pub fn risk(case: &Case, shape: &'static Shape) -> RiskPart {
    let per_group = shape.segments / case.size.groups();
    let group = |segment: usize| u16::try_from(segment / per_group).expect("few groups");
    let layout = Layout {
        carry: (0..shape.segments).map(|s| s % per_group != 0).collect(),
        group_used: (0..shape.segments).map(|s| s % per_group == per_group - 1).collect(),
        account: vec![Some(0); shape.segments],
        asset: (0..shape.segments).map(|s| Some(group(s))).collect(),
    };
    let mut weights = Vec::with_capacity(shape.slots * shape.columns());
    for slot in 0..shape.slots {
        let mut row = vec![0; shape.columns()];
        let value = case.weight(slot, 0);
        row[columns::of(shape, columns::LOTS)] = 1;
        for column in [columns::VALUE, columns::ASSETS, columns::LIABILITIES] {
            row[columns::of(shape, column)] = value;
        }
        row[columns::of(shape, columns::DELTA)] = case.weight(slot, 1);
        row[columns::of(shape, columns::VEGA)] = case.weight(slot, 2);
        for column in [columns::GROSS, columns::NOTIONAL, columns::LONG, columns::SHORT] {
            row[columns::of(shape, column)] = case.weight(slot, 3);
        }
        for s in 0..shape.scenarios {
            // Scenarios that the statement does not have repeat its last one: the worst stays what it is.
            let s_of = METRICS + s.min(case.size.scenarios - 1);
            row[columns::scenario(shape, s)] = case.weight(slot, s_of);
        }
        weights.extend(row);
    }
    RiskPart {
        model: "crypto-usd/1".to_owned(),
        shape: shape.name.to_owned(),
        universe: keccak(b"mandate/peers/universe"),
        snapshot: keccak(b"mandate/peers/snapshot"),
        as_of: AS_OF,
        layout,
        weights,
        runs: Runs::none(shape),
    }
}

/// The limits as rows.
pub fn rules(case: &Case, shape: &'static Shape) -> RulesPart {
    let all = |k| GlobalVar::Total(columns::of(shape, k));
    let own = |k| LocalVar::Total(columns::of(shape, k));
    let (nav, lots) = (all(columns::VALUE), all(columns::LOTS));
    let limit = |percent: u64| i128::from(percent);
    let l = case.limits;
    let mut out = RulesBuilder::new(shape)
        .min_nav(i128::from(l.min_nav))
        .row(
            "leverage",
            Family::Global,
            &[],
            &[(nav, limit(l.leverage)), (lots, -limit(l.leverage)), (all(columns::GROSS), -100)],
        )
        .row(
            "concentration",
            Family::Group,
            &[(own(columns::GROSS), -100)],
            &[(nav, limit(l.concentration)), (lots, -limit(l.concentration))],
        );
    for (id, column, percent) in [("delta", columns::DELTA, l.delta), ("vega", columns::VEGA, l.vega)] {
        for sign in [1, -1] {
            out = out.row(
                id,
                Family::Global,
                &[],
                &[(nav, limit(percent)), (lots, -limit(percent) - 100), (all(column), sign * 100)],
            );
        }
    }
    out.row(
        "margin",
        Family::Global,
        &[],
        &[(nav, limit(l.margin)), (lots, -limit(l.margin) - 100), (GlobalVar::WorstSum(Family::Group), -100)],
    )
    .build()
}

/// A case with everything around it: who signed, under which key.
pub(crate) struct Story {
    pub(crate) risk: RiskPart,
    pub(crate) rules: RulesPart,
    pub(crate) accounts: AccountSet,
    pub(crate) blinding: Blinding,
    pub(crate) signed: SignedAttestation,
    pub(crate) context: Context,
}

impl Story {
    /// The custodian's key.
    pub(crate) const SIGNER: [u8; 32] = [9; 32];

    pub(crate) fn of(case: &Case, shape: &'static Shape, key: Digest) -> Result<Self, String> {
        let (risk, rules) = (risk(case, shape), rules(case, shape));
        let signer = PrivateKeySigner::from_bytes(&Self::SIGNER.into()).map_err(|e| e.to_string())?;
        let address = signer.address().into_array();
        let (subject, account) = (subject_id("peers"), account_id(&address, "main"));
        let blinding = Blinding::from_element(Fr::rand(&mut rand_chacha::ChaCha20Rng::seed_from_u64(5)));
        let commitment =
            commit(shape, risk.universe, 0, 0, &case.quantities, &blinding).map_err(|e| e.to_string())?;
        let attestation = Attestation {
            subject,
            account,
            netting_set: 0,
            universe: risk.universe,
            as_of: AS_OF,
            sequence: 1,
            commitment,
        };
        let signature = signer
            .sign_hash_sync(&attestation.signing_hash().0.into())
            .map_err(|e| e.to_string())?
            .as_bytes()
            .to_vec();
        let accounts = AccountSet {
            subject,
            version: 1,
            entries: vec![AccountEntry {
                netting_set: 0,
                account,
                attestor: address,
                grade: AttestorGrade::Custodian,
            }],
        };
        let context = Context {
            chain_id: 0,
            registry: [0; 20],
            subject,
            key,
            mandate: rules.digest(),
            risk: risk.digest(),
            account_set: accounts.digest(),
            as_of: AS_OF,
            valid_until: AS_OF + 86_400,
            epoch: 1,
        };
        let signed = SignedAttestation { attestation, signature };
        Ok(Self { risk, rules, accounts, blinding, signed, context })
    }
    pub(crate) fn task<'a>(&'a self, case: &'a Case) -> Task<'a> {
        Task {
            context: self.context,
            rules: &self.rules,
            risk: &self.risk,
            accounts: vec![AccountOpening {
                quantities: &case.quantities,
                blinding: &self.blinding,
                attestation: &self.signed,
            }],
        }
    }
}

pub(crate) const fn expect() -> Expectations<'static> {
    Expectations {
        now: AS_OF + 60,
        max_age: 3600,
        min_grade: AttestorGrade::Custodian,
        attestors: None,
        account_set: None,
        development_keys: true,
        chain: None,
    }
}

/// Makes a development key and writes it as the product keeps it: made ready, with the constraints. The digest goes beside it.
///
/// # Errors
/// Where the setup or a file fails.
pub fn setup(case: &Case, path: &Path) -> Result<Value, String> {
    let shape = shape(case)?;
    let relation = relation(shape);
    let (time, key) = least(1, || ProvingKey::development(shape, &relation, "peers"));
    let (bytes, digest) =
        ready_file(&key.map_err(|e| e.to_string())?, &relation).map_err(|e| e.to_string())?;
    for (path, bytes) in [(path.to_owned(), &bytes[..]), (path.with_extension("digest"), &digest.0[..])] {
        std::fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let entries: usize = relation.matrices.iter().flatten().map(Vec::len).sum();
    Ok(json!({
        "setup": time,
        "key_bytes": bytes.len(),
        "constraints": relation.constraints(),
        "public_inputs": relation.inputs - 1,
        "entries": entries,
        "shape": shape.name,
    }))
}

/// Proves with the key in memory, then checks the sheet, collapses it and verifies.
///
/// `prove` is of tables that this prover has not seen, one a run, as a peer's proof is; `again` of a table that it has seen,
/// of which it keeps a part of the work; `portable` as `prove`, without vector instructions.
///
/// # Errors
/// Where a step fails or a verdict is wrong.
pub fn prove(case: &Case, path: &Path, runs: usize) -> Result<Value, String> {
    let shape = shape(case)?;
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let digest: [u8; 32] =
        read(&path.with_extension("digest"))?.try_into().map_err(|_| "not a digest".to_owned())?;
    let bytes = read(path)?;
    let (load, prover) = least(1, || Prover::from_ready(&bytes, &[Digest(digest)]));
    drop(bytes);
    let mut prover = prover.map_err(|e| e.to_string())?;
    let fresh = |i: usize| -> Result<(Case, Story), String> {
        // Another table: cash weighs a little more.
        let mut case = case.clone();
        case.table[0] += i64::try_from(i).expect("few runs");
        let story = Story::of(&case, shape, prover.key().verifying().id())?;
        Ok((case, story))
    };
    let cases = (0..=2 * runs).map(fresh).collect::<Result<Vec<_>, _>>()?;
    let (case, story) = &cases[0];
    let task = story.task(case);
    let (witness, _) = least(runs, || prover.witness(&task).is_ok());
    let mut failed = None;
    let mut next = 1;
    let mut one = |prover: &Prover| {
        let (case, story) = &cases[next];
        next += 1;
        if let Err(e) = prover.prove(&story.task(case)) {
            failed = Some(e.to_string());
        }
    };
    let (time, ()) = least(runs, || one(&prover));
    let vector = prover.path().is_ifma();
    prover = prover.with_path(mandate_prover::Path::PORTABLE);
    let (portable, ()) = least(runs, || one(&prover));
    prover = prover.with_path(mandate_prover::Path::best());
    if let Some(error) = failed {
        return Err(error);
    }
    prover.prove(&task).map_err(|e| e.to_string())?;
    let (again, bundle) = least(runs, || prover.prove(&task));
    let bundle = bundle.map_err(|e| e.to_string())?;
    let verifier = Verifier::new(prover.key().verifying().clone());
    let (collapse, sheet) = least(3, || verifier.sheet(&story.rules, &story.risk));
    let sheet = sheet.map_err(|e| e.to_string())?;
    let (verify, holds) = least(10, || verifier.verify(&bundle, &sheet, &story.accounts, &expect()).is_ok());
    if !holds {
        return Err("the proof does not verify".to_owned());
    }
    Ok(json!({
        "prove": time,
        "again": again,
        "portable": portable,
        "vector": vector,
        "witness": witness,
        "load": load,
        "collapse": collapse,
        "verify": verify,
        "proof_bytes": bundle.proof.len(),
    }))
}

/// Whether this project's prover and verifier take a case.
///
/// # Errors
/// Where anything but the book is at fault.
pub fn verdict(prover: &Prover, verifier: &Verifier, case: &Case) -> Result<bool, String> {
    let shape = shape(case)?;
    if case.verdict() == Err(Broken::Range) {
        // Such a book cannot even be committed to.
        let (universe, blinding) = (keccak(b"mandate/peers/universe"), Blinding::random());
        return Ok(commit(shape, universe, 0, 0, &case.quantities, &blinding).is_ok());
    }
    let story = Story::of(case, shape, prover.key().verifying().id())?;
    let sheet = verifier.sheet(&story.rules, &story.risk).map_err(|e| e.to_string())?;
    match prover.prove(&story.task(case)) {
        Ok(bundle) => verifier
            .verify(&bundle, &sheet, &story.accounts, &expect())
            .map(|_| true)
            .map_err(|e| e.to_string()),
        Err(ProveError::Unlawful(_)) => Ok(false),
        Err(other) => Err(other.to_string()),
    }
}

/// A prover and a verifier for the cases of one size, under a fresh development key.
///
/// # Errors
/// Where the setup fails.
pub fn pair(case: &Case) -> Result<(Prover, Verifier), String> {
    let shape = shape(case)?;
    let relation = relation(shape);
    let key = ProvingKey::development(shape, &relation, "peers").map_err(|e| e.to_string())?;
    let prover = Prover::new(key, &relation).map_err(|e| e.to_string())?;
    let verifier = Verifier::new(prover.key().verifying().clone());
    Ok((prover, verifier))
}

/// The values of all variables of a lawful case, public inputs first.
///
/// # Errors
/// Where the case has no witness.
pub fn assignment(case: &Case) -> Result<Vec<Fr>, String> {
    let shape = shape(case)?;
    let story = Story::of(case, shape, Digest::default())?;
    let (rules, risk) = (&story.rules, &story.risk);
    let book = mandate_testing::Book {
        quantities: case.quantities.clone(),
        active: (0..shape.accounts).map(|a| a == 0).collect(),
    };
    Ok(mandate_testing::Case::of(rules.clone(), risk.clone(), book).assignment())
}
