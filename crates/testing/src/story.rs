//! A whole story up to the proof: the made-up market, a made-up book in it, every account attested.

use mandate_attest::{AttestorKey, Ledger, Opening, Request, account_id, attest, attest_second, subject_id};
use mandate_book::examples::Example;
use mandate_book::{MarketSlots, SlotIndex};
use mandate_market::{RiskModel, Snapshot, examples, risk};
use mandate_policy::{Mandate, compile};
use mandate_statement::{
    AccountEntry, AccountSet, AttestorGrade, Context, Digest, RiskPart, RulesPart, SecondAttestation, Shape,
    SignedAttestation,
};

/// Everything a prover and a verifier are given, but the keys.
pub struct Story {
    /// The shape of the market.
    pub shape: &'static Shape,
    /// The market.
    pub snapshot: Snapshot,
    /// Its risk part.
    pub risk: RiskPart,
    /// The mandate.
    pub rules: RulesPart,
    /// The declared accounts.
    pub accounts: AccountSet,
    /// Per declared account, what its custodian handed back.
    pub opened: Vec<(SignedAttestation, Opening)>,
}

/// A mandate of three rules, of the book and of its blocks: what a story is told of where nothing else is wanted.
pub const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses stay within net asset value"
holds = "sum(g in groups: worst(scenarios, g)) <= nav"
[[rule]]
id = "direction"
text = "No underlying is more than twice net asset value either way"
holds = "for u in underlyings: abs(net(u)) <= 200% * nav"
"#;

/// The instant of every story.
const AS_OF: u64 = 1_767_268_800;

impl Story {
    /// The story of `shape` under `mandate`, whose risk model must be one that fits it, with a book that keeps a usual one or not.
    ///
    /// # Panics
    /// If any step fails: fixtures do not.
    pub fn of(shape: &str, mandate: &str, which: Example) -> Self {
        let snapshot = match shape {
            "t32" => examples::tiny(AS_OF),
            "s256" => examples::small(AS_OF),
            "l4096" => examples::large(AS_OF),
            "r64" => examples::strikes_tiny(AS_OF),
            "o2048" => examples::strikes(AS_OF),
            _ => examples::snapshot(AS_OF),
        };
        let shape = Shape::by_name(&snapshot.universe.shape).expect("a default shape");
        let mandate = Mandate::parse("mandate.toml", mandate).expect("the mandate reads");
        let risk = risk::compile_as(mandate.model.name, &snapshot, shape).expect("the market compiles");
        let model = RiskModel::by_name(&risk.model).expect("the model of the market");
        let rules = compile(&mandate, model, shape).expect("the mandate compiles").part;
        let book = mandate_book::examples::book(&snapshot, which);
        let slots = MarketSlots::new(&snapshot).expect("the universe holds together");
        let subject = subject_id("example fund");
        let folder = tempfile::tempdir().expect("a folder");
        let mut entries = Vec::new();
        let mut opened = Vec::new();
        for account in book.accounts() {
            let netting_set = account.netting_set();
            let key = Self::attestor(netting_set);
            let mut ledger =
                Ledger::open(&folder.path().join(format!("{netting_set}.json"))).expect("a ledger");
            let id = account_id(&key.address(), "main");
            let request = Request { subject, account: id, sequence: None };
            opened
                .push(attest(account, &slots, &request, &key, &mut ledger).expect("the account is attested"));
            entries.push(AccountEntry {
                netting_set,
                account: id,
                attestor: key.address(),
                grade: AttestorGrade::Custodian,
            });
        }
        assert_eq!(slots.universe(), risk.universe, "one universe");
        Self { shape, snapshot, risk, rules, accounts: AccountSet { subject, version: 1, entries }, opened }
    }
    /// The key of an account's custodian.
    ///
    /// # Panics
    /// If there are more than 255 accounts.
    pub fn attestor(netting_set: u16) -> AttestorKey {
        let mut seed = [1u8; 32];
        seed[31] = u8::try_from(netting_set + 1).expect("few accounts");
        AttestorKey::from_bytes(&seed).expect("a key")
    }
    /// Every custodian's second attestation, whose seed its opening keeps.
    ///
    /// # Panics
    /// If a custodian cannot sign.
    pub fn seconds(&mut self) -> Vec<SecondAttestation> {
        let signed = self.opened.iter_mut().map(|(first, opening)| {
            let key = Self::attestor(first.attestation.netting_set);
            attest_second(opening, first, &key).expect("a second attestation")
        });
        signed.collect()
    }
    /// A context for this story under the key of that id, meant for no chain and valid for a day.
    pub fn context(&self, key: Digest) -> Context {
        Context {
            chain_id: 0,
            registry: [0; 20],
            subject: self.accounts.subject,
            key,
            mandate: self.rules.digest(),
            risk: self.risk.digest(),
            account_set: self.accounts.digest(),
            as_of: self.risk.as_of,
            valid_until: self.risk.as_of + 86_400,
            epoch: 1,
        }
    }
}
