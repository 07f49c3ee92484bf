//! The prover against the reference: for equal blinders, the very proof that `ark-groth16` makes of the same key and witness.

mod common;
use ark_bn254::{Bn254, Fr};
use ark_ff::{AdditiveGroup, UniformRand};
use ark_groth16::{Groth16, Proof, ProvingKey as ArkKey};
use ark_serialize::CanonicalDeserialize;
use common::MANDATE;
use mandate_book::examples::Example;
use mandate_circuits::r1cs::{Relation, relation};
use mandate_prover::{AccountOpening, Flow, Path, ProveError, Prover, ProvingKey, Task, ready_file};
use mandate_statement::{InputLayout, Shape};
use mandate_testing::Story;
use rand::SeedableRng;
use zeroize::Zeroizing;

struct Bench {
    relation: Relation,
    reference: ArkKey<Bn254>,
    prover: Prover,
    /// The same key, by way of a ready file.
    again: Prover,
    story: Story,
}

impl Bench {
    fn of(name: &str) -> Self {
        let shape = Shape::by_name(name).expect("a default shape");
        let relation = relation(shape);
        let key = ProvingKey::development(shape, &relation, "equality").expect("a setup");
        // The header is 68 bytes; the points are this process's own.
        let reference = ArkKey::deserialize_uncompressed_unchecked(&key.to_bytes()[68..]).expect("points");
        let (file, digest) = ready_file(&key, &relation).expect("the key of this relation");
        let again = Prover::from_ready(&file, &[digest]).expect("it was pinned");
        let prover = Prover::new(key, &relation).expect("the key of this relation");
        let story = Story::of(name, MANDATE, Example::Lawful);
        Self { relation, reference, prover, again, story }
    }
    fn task(&self) -> Task<'_> {
        Task {
            context: self.story.context(self.prover.key().verifying().id()),
            rules: &self.story.rules,
            risk: &self.story.risk,
            accounts: self.story.opened.iter().map(|(a, o)| AccountOpening::of(a, o)).collect(),
        }
    }
    fn witness(&self) -> Zeroizing<Vec<Fr>> {
        self.prover.witness(&self.task()).expect("a lawful book").1
    }
    fn reference(&self, z: &[Fr], [r, s]: [Fr; 2]) -> Proof<Bn254> {
        let rows = self.relation.constraints();
        Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &self.reference,
            r,
            s,
            &self.relation.matrices,
            self.relation.inputs,
            rows,
            z,
        )
        .expect("the reference proves")
    }
}

fn blinders(seed: u8) -> [Fr; 2] {
    let mut rng = rand_chacha::ChaCha20Rng::from_seed([seed; 32]);
    [Fr::rand(&mut rng), Fr::rand(&mut rng)]
}

fn agrees(name: &str) {
    let mut bench = Bench::of(name);
    let z = bench.witness();
    let wanted = bench.reference(&z, blinders(1));
    let ready = bench.again.proof_with(&z, blinders(1)).expect("a lawful book");
    assert!(ready == wanted, "{name}: read from a ready file");
    for (path, flow) in
        [(Path::PORTABLE, Flow::Fast), (Path::best(), Flow::Fast), (Path::best(), Flow::Constant)]
    {
        bench.prover = bench.prover.with_path(path).with_flow(flow);
        let got = bench.prover.proof_with(&z, blinders(1)).expect("a lawful book");
        assert!(got == wanted, "{name}: {path}, {flow:?}");
    }
}

#[test]
fn proofs_are_those_of_the_reference() {
    for name in ["t32", "r64", "s256"] {
        agrees(name);
    }
}

#[test]
fn proofs_of_a_thousand_slots_are_those_of_the_reference() {
    agrees("m1024");
}

/// Blinders at zero, which the reference treats apart; and a witness that keeps the rows trivially in most places.
#[test]
fn proofs_without_blinders_are_those_of_the_reference() {
    let bench = Bench::of("t32");
    let z = bench.witness();
    let [r, s] = blinders(2);
    for pair in [[Fr::ZERO, Fr::ZERO], [r, Fr::ZERO], [Fr::ZERO, s], [-Fr::from(1u8), Fr::from(1u8)]] {
        let wanted = bench.reference(&z, pair);
        assert!(bench.prover.proof_with(&z, pair).expect("a lawful book") == wanted);
    }
}

/// Every input and a sample of the cells, alone changed: no proof, and the row that is named is the relation's first that objects.
#[test]
fn an_assignment_that_breaks_a_row_makes_nothing() {
    let bench = Bench::of("t32");
    let mut z = bench.witness();
    let (inputs, cells) = (bench.relation.inputs, bench.relation.witnesses);
    let mut told = 0;
    for at in [1, 3, InputLayout::of(bench.story.shape).rules, inputs - 1]
        .into_iter()
        .chain((inputs..inputs + cells).step_by(977))
    {
        let honest = z[at];
        z[at] += Fr::from(1u8);
        let wanted = bench.relation.first_violation(&z).map(|(_, id)| id.name());
        match bench.prover.proof_with(&z, blinders(3)) {
            Err(ProveError::Unlawful(row)) => {
                assert_eq!(Some(row), wanted, "variable {at}");
                told += 1;
            }
            Ok(_) => assert_eq!(wanted, None, "variable {at}"),
            Err(other) => panic!("variable {at}: {other}"),
        }
        z[at] = honest;
    }
    assert!(told > 20, "{told} changes were told");
    bench.prover.proof_with(&z, blinders(3)).expect("the honest one still proves");
}

/// Two sheets by turns, more of them than are kept: the share of one never stands in a proof of the other.
#[test]
fn shares_of_sheets_are_not_mixed_up() {
    let bench = Bench::of("t32");
    let verifier = mandate_verifier::Verifier::new(bench.prover.key().verifying().clone());
    let sheets: Vec<Story> = (3..13)
        .map(|limit| {
            Story::of("t32", &MANDATE.replace("<= 3 * nav", &format!("<= {limit} * nav")), Example::Lawful)
        })
        .collect();
    assert!(sheets.windows(2).all(|s| s[0].rules.digest() != s[1].rules.digest()), "the mandates differ");
    for story in sheets.iter().chain(&sheets[7..]).chain(&sheets[..3]) {
        let task = Task {
            context: story.context(bench.prover.key().verifying().id()),
            rules: &story.rules,
            risk: &story.risk,
            accounts: story.opened.iter().map(|(a, o)| AccountOpening::of(a, o)).collect(),
        };
        let bundle = bench.prover.prove(&task).expect("a lawful book");
        let sheet = verifier.sheet(&story.rules, &story.risk).expect("a sound sheet");
        let expect = mandate_verifier::Expectations {
            now: story.risk.as_of,
            max_age: 3600,
            min_grade: mandate_statement::AttestorGrade::Custodian,
            attestors: None,
            account_set: None,
            development_keys: true,
            chain: None,
        };
        verifier.verify(&bundle, &sheet, &story.accounts, &expect).expect("it verifies");
    }
}
