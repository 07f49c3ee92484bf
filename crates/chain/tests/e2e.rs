//! The whole chain side on a local node, with proofs made from a known trapdoor. Skips where no node program is found.
#![allow(missing_docs, clippy::print_stderr)]

mod support;

use alloy::primitives::U256;
use alloy::providers::ProviderBuilder;
use alloy::providers::ext::AnvilApi;
use mandate_chain::{
    AttestRequest, Chain, ChainError, DeployOptions, EvmProof, LocalChain, MandateTerms, Publication,
    Registries, RiskState, Schedule, SigningKey, Spot, Trace, Use, Vault, find_anvil, mandate_id, runtime,
};
use mandate_statement::{
    AccountEntry, AccountSet, Attestation, AttestorGrade, Context, Digest, RiskPart, SignedAttestation,
    keccak,
};
use support::*;

const START: u64 = 1_770_000_000;
const HOUR: u64 = 3600;

struct World {
    node: LocalChain,
    governor: Registries,
    subject: Digest,
    mandate: Digest,
}

fn venue_key() -> [u8; 32] {
    keccak(b"a venue's key").0
}

fn accounts(subject: Digest) -> AccountSet {
    let attestor = SigningKey::from_bytes(&venue_key()).unwrap().address();
    let entry = |netting_set: u16| AccountEntry {
        netting_set,
        account: keccak(&[&subject.0[..], &netting_set.to_be_bytes()].concat()),
        attestor,
        grade: AttestorGrade::Venue,
    };
    AccountSet { subject, version: 1, entries: vec![entry(0), entry(1)] }
}

/// Everything that travels to the chain for one attestation.
struct Parcel {
    context: Context,
    commitments: Vec<Digest>,
    attestations: Vec<SignedAttestation>,
    proof: EvmProof,
}

impl Parcel {
    fn request(&self) -> AttestRequest<'_> {
        AttestRequest {
            context: &self.context,
            commitments: &self.commitments,
            attestations: &self.attestations,
            proof: self.proof,
        }
    }
}

impl World {
    async fn new() -> Option<Self> {
        let program = match find_anvil(&repository()) {
            Ok(program) => program,
            Err(why) => {
                eprintln!("skipped: {why}");
                return None;
            }
        };
        let node = LocalChain::spawn(&program, Some(START)).unwrap();
        let chain = Chain::connect(&node.url(), &node.keys()[0]).await.unwrap();
        let quorum = node.keys()[1..4].iter().map(SigningKey::address).collect();
        let options = DeployOptions { quorum, threshold: 2, ..DeployOptions::local() };
        let governor = Registries::deploy(chain, &options).await.unwrap();
        let (key, rules) = (key(), rules());
        let sent = governor.store_key(&key).await.unwrap().unwrap();
        eprintln!("store the key: {} gas", sent.gas);
        assert_eq!(governor.store_key(&key).await.unwrap(), None);
        let terms = MandateTerms {
            max_delay_s: 3600,
            max_age_s: 86_400,
            max_gap_s: 86_400,
            line: Digest::default(),
            schedule: Schedule::default(),
            band_bps: 0,
            owner: governor.chain().sender(),
        };
        let registered = governor.register_mandate(&key, &rules, &terms, |_, _| {}).await.unwrap();
        eprintln!(
            "register a mandate of {} coefficients, tree of depth {}: {} gas in {} transactions",
            registered.coefficients,
            key.depth(),
            registered.gas,
            registered.transactions
        );
        assert_eq!(registered.mandate_id, mandate_id(&rules.digest(), &key.id()));
        let point = governor.rules_point(&registered.mandate_id).await.unwrap();
        assert_eq!(point, g1(rules_scalar(&rules)));
        let venue = SigningKey::from_bytes(&venue_key()).unwrap();
        governor.set_attestor(venue.address(), AttestorGrade::Venue, 0, u64::MAX).await.unwrap();
        let world = Self { node, governor, subject: keccak(b"subject"), mandate: registered.mandate_id };
        world.admit(world.subject).await;
        Some(world)
    }
    async fn admit(&self, subject: Digest) {
        let administrator = Chain::connect(&self.node.url(), &self.node.keys()[5]).await.unwrap();
        let administrator = Registries::new(administrator, *self.governor.at()).unwrap();
        self.governor.set_subject(&subject, administrator.chain().sender()).await.unwrap();
        let set = accounts(subject);
        administrator.declare_accounts(&set).await.unwrap();
        assert_eq!(self.governor.account_set(&subject).await.unwrap(), Some((set.digest(), 1)));
        // Sender 6 manages the vault.
        let manager = Chain::connect(&self.node.url(), &self.node.keys()[6]).await.unwrap();
        let manager = Registries::new(manager, *self.governor.at()).unwrap();
        administrator.approve_address(&subject, manager.chain().sender(), true).await.unwrap();
        manager.link_address(&subject).await.unwrap();
    }
    async fn publish(&self, risk: &RiskPart) -> Result<u64, ChainError> {
        let (quorum, threshold) = self.governor.quorum().await?;
        assert_eq!((quorum, threshold), (1, 2));
        let usable = Use { from: risk.as_of, to: risk.as_of + 24 * HOUR, quorum };
        let spots = vec![Spot { asset: keccak(b"BTC"), price: 6_000_000, decimals: 2 }];
        let publication = Publication::of(risk, &key(), spots, usable)?;
        assert_eq!(publication.point, g1(risk_scalar(risk)));
        let sign = |i: usize| publication.sign(self.governor.at(), &self.node.keys()[i]).unwrap();
        Ok(self.governor.publish_risk(&publication, &[sign(1), sign(3)]).await?.gas)
    }
    fn parcel(&self, subject: Digest, risk: &RiskPart, epoch: u64) -> Parcel {
        let context = Context {
            chain_id: 31337,
            registry: self.governor.at().compliance,
            subject,
            key: key().id(),
            mandate: rules().digest(),
            risk: risk.digest(),
            account_set: accounts(subject).digest(),
            as_of: risk.as_of,
            valid_until: risk.as_of + 12 * HOUR,
            epoch,
        };
        let mut commitments = vec![Digest::default(); shape().accounts];
        let attestations = accounts(subject)
            .entries
            .iter()
            .map(|e| {
                let commitment =
                    Digest(keccak(&[&e.account.0[..], &risk.as_of.to_be_bytes()].concat()).field_bytes());
                commitments[usize::from(e.netting_set)] = commitment;
                let attestation = Attestation {
                    subject,
                    account: e.account,
                    netting_set: e.netting_set,
                    universe: risk.universe,
                    as_of: risk.as_of,
                    sequence: epoch,
                    commitment,
                };
                sign(attestation, &venue_key())
            })
            .collect();
        let sheet = rules_scalar(&rules()) + risk_scalar(risk);
        let proof = prove(sheet, &context.digest(), &commitments, 0);
        Parcel { context, commitments, attestations, proof }
    }
    async fn refused(&self, parcel: &Parcel, name: &str) {
        let error = self.governor.attest(&parcel.request()).await.unwrap_err();
        assert_eq!(error.refusal(), Some(name), "{error}");
        eprintln!("{error}");
    }
}

#[test]
fn the_whole_story() {
    runtime().unwrap().block_on(async {
        let Some(world) = World::new().await else { return };
        let chain = world.governor.chain();
        let manager = SigningKey::address(&world.node.keys()[6]);
        let vault = Vault::deploy(&world.governor, manager, &world.mandate, 6 * HOUR).await.unwrap();
        vault.fund(chain, 1_000).await.unwrap();
        // Nothing is sent where no contract answers, or to a vault over another token.
        for (wrong, why) in [
            (Vault { vault: [7; 20], ..vault }, "the vault's address is"),
            (Vault { token: [7; 20], ..vault }, "there is no contract on chain 31337"),
            (Vault { token: vault.vault, ..vault }, "the vault takes"),
        ] {
            let error = wrong.deposit(chain, 100).await.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = vault.deposit(chain, 100).await.unwrap_err();
        assert_eq!(error.refusal(), Some("NoRecord"), "{error}");
        assert!(vault.max_deposit(chain).await.unwrap().is_zero());

        let risk = risk(START);
        let parcel = world.parcel(world.subject, &risk, 1);
        world.refused(&parcel, "UnknownRisk").await;
        eprintln!("publish a risk part, 2 signatures: {} gas", world.publish(&risk).await.unwrap());
        assert_eq!(world.publish(&risk).await.unwrap_err().refusal(), Some("AlreadyPublished"));

        // A forged proof, another subject, a commitment that nobody signed.
        let mut forged = world.parcel(world.subject, &risk, 1);
        forged.proof.0[6] = forged.proof.0[0];
        forged.proof.0[7] = forged.proof.0[1];
        world.refused(&forged, "ProofRejected").await;
        let mut stolen = world.parcel(world.subject, &risk, 1);
        let other = keccak(b"another subject");
        world.admit(other).await;
        stolen.context.subject = other;
        world.refused(&stolen, "WrongSigner").await;
        stolen.attestations = world.parcel(other, &risk, 1).attestations;
        stolen.commitments = world.parcel(other, &risk, 1).commitments;
        world.refused(&stolen, "ProofRejected").await;
        let mut made_up = world.parcel(world.subject, &risk, 1);
        made_up.commitments[0] = made_up.commitments[1];
        let error = world.governor.attest(&made_up.request()).await.unwrap_err();
        assert!(matches!(error, ChainError::Mismatch { .. }), "{error}");
        made_up.attestations[0].attestation.commitment = made_up.commitments[0];
        world.refused(&made_up, "WrongSigner").await;
        world.admit_again(world.subject).await;

        // Accepted, once.
        world.governor.rehearse(&parcel.request()).await.unwrap();
        let sent = world.governor.attest(&parcel.request()).await.unwrap();
        eprintln!("attest, 2 accounts, first: {} gas", sent.gas);
        world.refused(&parcel, "EpochNotNewer").await;
        let status = world.governor.status(&world.subject, &world.mandate, 6 * HOUR).await.unwrap();
        assert!(status.compliant && status.reason.is_none());
        assert_eq!(status.record.unwrap().as_of, START);
        let (venue, account) =
            (accounts(world.subject).entries[0].attestor, accounts(world.subject).entries[0].account);
        assert_eq!(world.governor.account_use(venue, &account).await.unwrap(), (1, START));
        let sent = vault.deposit(chain, 100).await.unwrap();
        eprintln!("deposit through the gate: {} gas", sent.gas);

        // Stale.
        chain.set_time(START + 6 * HOUR + 1).await.unwrap();
        let error = vault.deposit(chain, 100).await.unwrap_err();
        assert_eq!(error.refusal(), Some("RecordTooOld"), "{error}");
        let status = world.governor.status(&world.subject, &world.mandate, 6 * HOUR).await.unwrap();
        assert!(!status.compliant);
        vault.withdraw(chain, 100).await.unwrap();
        let late = risk_of_later(START + HOUR);
        world.publish(&late).await.unwrap();
        world.refused(&world.parcel(world.subject, &late, 2), "TooLate").await;

        // Refreshed.
        let fresh = risk_of_later(START + 6 * HOUR);
        world.publish(&fresh).await.unwrap();
        let sent = world.governor.attest(&world.parcel(world.subject, &fresh, 2).request()).await.unwrap();
        eprintln!("attest, 2 accounts, refresh: {} gas", sent.gas);
        vault.deposit(chain, 100).await.unwrap();
        let status = world.governor.status(&world.subject, &world.mandate, HOUR).await.unwrap();
        assert_eq!(status.record.unwrap().streak, 2);

        // Stopped.
        world.governor.set_paused(&world.mandate, true).await.unwrap();
        assert_eq!(vault.deposit(chain, 1).await.unwrap_err().refusal(), Some("MandateNotActive"));
        world.governor.set_paused(&world.mandate, false).await.unwrap();
        world.governor.revoke(&world.subject, &world.mandate).await.unwrap();
        assert_eq!(vault.deposit(chain, 1).await.unwrap_err().refusal(), Some("RecordRevoked"));
        world.governor.revoke_risk(&fresh.digest(), &key().id(), MODEL).await.unwrap();
        world.refused(&world.parcel(world.subject, &fresh, 3), "Revoked").await;
        world.governor.revoke_attestor(venue).await.unwrap();
        let last = risk_of_later(START + 6 * HOUR + 1);
        world.publish(&last).await.unwrap();
        world.refused(&world.parcel(world.subject, &last, 3), "AttestorIsRevoked").await;
    });
}

fn short_terms() -> MandateTerms {
    MandateTerms {
        max_delay_s: 1,
        max_age_s: 1,
        max_gap_s: 0,
        line: Digest::default(),
        schedule: Schedule::default(),
        band_bps: 0,
        owner: [1; 20],
    }
}

fn risk_of_later(as_of: u64) -> RiskPart {
    risk(as_of)
}

impl World {
    /// The manager acts for the last subject it linked to: link it back.
    async fn admit_again(&self, subject: Digest) {
        let manager = Chain::connect(&self.node.url(), &self.node.keys()[6]).await.unwrap();
        Registries::new(manager, *self.governor.at()).unwrap().link_address(&subject).await.unwrap();
    }
}

/// More coefficients than one transaction takes: the contract's point is the same as from the integers at once.
#[test]
fn a_long_mandate_takes_several_transactions() {
    runtime().unwrap().block_on(async {
        let Some(world) = World::new().await else { return };
        let mut rules = rules();
        for (i, v) in rules.coefficients.iter_mut().enumerate().skip(500).take(400) {
            *v = i128::try_from(i).unwrap() - 700;
        }
        let terms = short_terms();
        let mut heard = Vec::new();
        let outcome =
            world.governor.register_mandate(&key(), &rules, &terms, |n, of| heard.push((n, of))).await;
        let registered = outcome.unwrap();
        assert_eq!((registered.coefficients, registered.transactions), (405, 5));
        assert_eq!((heard.len(), heard[1]), (2, (405, 405)));
        let each = registered.gas / registered.coefficients as u64;
        eprintln!("a mandate of 405 coefficients: {} gas, {each} each", registered.gas);
        let point = world.governor.rules_point(&registered.mandate_id).await.unwrap();
        assert_eq!(point, g1(rules_scalar(&rules)));
        let again = world.governor.register_mandate(&key(), &rules, &terms, |_, _| {}).await.unwrap_err();
        assert_eq!(again.refusal(), Some("AlreadyRegistered"), "{again}");
    });
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_sent() {
    runtime().unwrap().block_on(async {
        let Some(world) = World::new().await else { return };
        let risk = risk(START);
        let mut parcel = world.parcel(world.subject, &risk, 1);
        parcel.context.chain_id = 1;
        assert!(matches!(world.governor.attest(&parcel.request()).await, Err(ChainError::Mismatch { .. })));
        let mut parcel = world.parcel(world.subject, &risk, 1);
        parcel.context.registry = [1; 20];
        assert!(matches!(world.governor.attest(&parcel.request()).await, Err(ChainError::Mismatch { .. })));
        let mut parcel = world.parcel(world.subject, &risk, 1);
        parcel.attestations[0].signature.pop();
        assert!(matches!(world.governor.attest(&parcel.request()).await, Err(ChainError::Mismatch { .. })));
        // A stranger governs nothing, and gets the reason.
        let stranger = Chain::connect(&world.node.url(), &world.node.keys()[9]).await.unwrap();
        let stranger = Registries::new(stranger, *world.governor.at()).unwrap();
        let error = stranger.set_subject(&world.subject, [1; 20]).await.unwrap_err();
        assert_eq!(error.refusal(), Some("OwnableUnauthorizedAccount"));
        let reader = Chain::read_only(&world.node.url()).await.unwrap();
        let reader = Registries::new(reader, *world.governor.at()).unwrap();
        assert!(!reader.status(&world.subject, &world.mandate, 1).await.unwrap().compliant);
        // A mandate of another shape.
        let mut rules = rules();
        rules.shape = "s256".to_owned();
        let terms = short_terms();
        let outcome = world.governor.register_mandate(&key(), &rules, &terms, |_, _| {}).await;
        assert!(matches!(outcome, Err(ChainError::Mismatch { .. })));
    });
}

#[test]
fn a_development_key_stays_on_local_chains() {
    let Ok(program) = find_anvil(&repository()) else { return };
    runtime().unwrap().block_on(async {
        let node = alloy::node_bindings::Anvil::at(program).chain_id(1).try_spawn().unwrap();
        // The node program's own keys are anybody's: refused as senders and as members of a quorum.
        let public = SigningKey::from_bytes(&node.keys()[0].to_bytes().into()).unwrap();
        let refused = Chain::connect(&node.endpoint(), &public).await.map(|_| ()).unwrap_err();
        assert!(matches!(refused, ChainError::PublicKey { chain_id: 1, .. }), "{refused}");
        let sender = SigningKey::from_bytes(&keccak(b"a sender of its own").0).unwrap();
        let rich = ProviderBuilder::new().connect_http(node.endpoint_url());
        rich.anvil_set_balance(sender.address().into(), U256::from(10u128.pow(21))).await.unwrap();
        let chain = Chain::connect(&node.endpoint(), &sender).await.unwrap();
        let anybody = DeployOptions { quorum: vec![public.address()], ..DeployOptions::local() };
        let refused = Registries::deploy(chain.clone(), &anybody).await.map(|_| ()).unwrap_err();
        assert!(matches!(refused, ChainError::PublicKey { .. }), "{refused}");
        assert!(chain.set_time(2_000_000_000).await.is_err());
        let options = DeployOptions { quorum: vec![[7; 20]], ..DeployOptions::local() };
        let error = Registries::deploy(chain.clone(), &options).await.map(|_| ()).unwrap_err();
        assert_eq!(error.refusal(), Some("NoDelay"), "{error}");
        let options = DeployOptions { delay_s: 600, ..options };
        let error = Registries::deploy(chain.clone(), &options).await.map(|_| ()).unwrap_err();
        assert_eq!(error.refusal(), Some("NoTimelock"), "{error}");
        let options = DeployOptions { timelock_s: 600, ..options };
        let registries = Registries::deploy(chain, &options).await.unwrap();
        let error = registries.store_key(&key()).await.unwrap_err();
        assert!(matches!(error, ChainError::DevelopmentKey { chain_id: 1, .. }), "{error}");
    });
}

/// A published risk part is held to its trace: data is asked for and given, and one wrong step ends it.
#[test]
fn a_wrong_step_is_found_and_shown() {
    runtime().unwrap().block_on(async {
        let Ok(program) = find_anvil(&repository()) else {
            eprintln!("skipped: no node program");
            return;
        };
        let node = LocalChain::spawn(&program, Some(START)).unwrap();
        let chain = Chain::connect(&node.url(), &node.keys()[0]).await.unwrap();
        let options = DeployOptions {
            quorum: vec![node.keys()[1].address()],
            delay_s: HOUR,
            bond_wei: 1_000_000_000_000_000_000,
            ..DeployOptions::local()
        };
        let governor = Registries::deploy(chain, &options).await.unwrap();
        let key = key();
        governor.store_key(&key).await.unwrap();
        let usable = Use { from: START, to: START + 24 * HOUR, quorum: 1 };
        let publish = async |publication: &Publication| {
            let signature = publication.sign(governor.at(), &node.keys()[1]).unwrap();
            governor.publish_risk(publication, &[signature]).await.unwrap();
        };
        let watcher = Chain::connect(&node.url(), &node.keys()[7]).await.unwrap();
        let watcher = Registries::new(watcher, *governor.at()).unwrap();

        // An honest one: nothing to find, nothing to show, and data for whoever asks.
        let honest = risk(START);
        let publication = Publication::of(&honest, &key, vec![], usable).unwrap();
        publish(&publication).await;
        let id = publication.id();
        let trace = Trace::new(&key, &honest).unwrap();
        assert!(trace.chunks() > 2, "{} chunks", trace.chunks());
        assert_eq!(trace.first_wrong(&key, &honest.universe, &publication.point).unwrap(), None);
        let published = (trace.tree().root(), trace.chunks(), trace.point());
        assert_eq!(governor.published_trace(&id).await.unwrap(), published);
        for chunk in [0, 1, trace.chunks() - 1] {
            let right = trace.challenge(&key, chunk).unwrap();
            let error = watcher.challenge(&id, &right).await.unwrap_err();
            assert_eq!(error.refusal(), Some("StepHolds"), "{error}");
        }
        watcher.demand(&id, 1).await.unwrap();
        assert_eq!(governor.risk_status(&id).await.unwrap().demands, 1);
        governor.give(&id, &trace, 1).await.unwrap();
        let status = governor.risk_status(&id).await.unwrap();
        assert_eq!((status.state, status.demands, status.fallback), (RiskState::Live, 0, false));

        // A sum that is off from one chunk on, a point that is not the last sum, another universe.
        let mut late = risk(START + 1);
        late.as_of = START;
        for (salt, lie) in ["sum", "point", "universe"].into_iter().enumerate() {
            late.snapshot = keccak(lie.as_bytes());
            let mut trace = Trace::new(&key, &late).unwrap();
            let mut publication = Publication::of(&late, &key, vec![], usable).unwrap();
            let wrong = trace.chunks() / 2;
            match lie {
                "sum" => {
                    for (i, sum) in trace.sums.iter_mut().enumerate().skip(wrong as usize) {
                        *sum = g1(scalar("a liar's sum", i + salt));
                    }
                    publication.point = trace.point();
                }
                "point" => publication.point = g1(scalar("a liar's point", 0)),
                _ => publication.universe = keccak(b"a liar's universe"),
            }
            publication.trace = trace.tree().root();
            publish(&publication).await;
            let found = trace.first_wrong(&key, &publication.universe, &publication.point).unwrap().unwrap();
            let expected = match lie {
                "sum" => wrong,
                "point" => trace.chunks() - 1,
                _ => 0,
            };
            assert_eq!(found, expected, "{lie}");
            let sent = watcher.challenge(&publication.id(), &trace.challenge(&key, found).unwrap()).await;
            eprintln!("challenge a wrong {lie}: {} gas", sent.unwrap().gas);
            let status = governor.risk_status(&publication.id()).await.unwrap();
            assert_eq!(status.state, RiskState::Dead, "{lie}");
        }
    });
}

#[test]
fn no_node_and_bad_addresses_are_errors() {
    runtime().unwrap().block_on(async {
        let key = SigningKey::from_hex("0x0000000000000000000000000000000000000000000000000000000000000001")
            .unwrap();
        assert!(matches!(Chain::connect("nonsense", &key).await, Err(ChainError::BadUrl { .. })));
        assert!(matches!(Chain::connect("ftp://localhost", &key).await, Err(ChainError::BadUrl { .. })));
        assert!(matches!(Chain::connect("http://127.0.0.1:9", &key).await, Err(ChainError::Node { .. })));
    });
    assert!(SigningKey::from_hex("0x12").is_err());
    assert!(SigningKey::from_bytes(&[0; 32]).is_err());
}
