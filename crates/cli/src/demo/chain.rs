//! The story on a chain of its own.

use super::offchain::{Options, Stage, VALID_FOR};
use super::refusals::Refusals;
use super::table::Table;
use crate::cmd::prove::{Proven, Terms, prove};
use crate::evm;
use crate::failure::{Failure, fail};
use crate::place::address_text;
use crate::screen::{Screen, grouped};
use mandate_chain::{
    AttestRequest, Chain, DeployOptions, LocalChain, MandateTerms, Publication, Registries, Schedule, Use,
    Vault, find_anvil,
};
use mandate_statement::{Context, Digest};

/// One unit of play money with its decimals.
const DOLLAR: u128 = 1_000_000;

/// Deploys, publishes, attests, deposits; and tries what must be refused.
pub fn tell(
    stage: &Stage<'_>,
    options: &Options,
    figures: &mut Table,
    refusals: &mut Refusals,
    screen: &Screen,
) -> Result<(), Failure> {
    screen.say("\n== 8. The same on a chain: a local one, started for this ==");
    let program = find_anvil(&options.root)?;
    let as_of = stage.sheet.snapshot.as_of;
    let node = LocalChain::spawn(&program, Some(as_of + 600))?;
    mandate_chain::runtime()?.block_on(on_chain(stage, &node, figures, refusals, screen))
}

async fn on_chain(
    stage: &Stage<'_>,
    node: &LocalChain,
    figures: &mut Table,
    refusals: &mut Refusals,
    screen: &Screen,
) -> Result<(), Failure> {
    let [governor, first, second, third, manager, investor, other_manager, administrator, ..] = node.keys()
    else {
        return fail("the local node has too few accounts");
    };
    let (sheet, key) = (stage.sheet, stage.prover.key().verifying());
    let as_of = sheet.snapshot.as_of;
    let connect = async |who| Chain::connect(&node.url(), who).await;

    let deploy = DeployOptions {
        quorum: vec![first.address(), second.address(), third.address()],
        threshold: 2,
        ..DeployOptions::local()
    };
    let governed = Registries::deploy(connect(governor).await?, &deploy).await?;
    let at = *governed.at();
    screen.say(format!("  contracts deployed; the registry is {}", address_text(&at.compliance)));

    let evm_key = evm::key(key)?;
    if let Some(sent) = governed.store_key(&evm_key).await? {
        figures.row("gas: store the key, once per shape", grouped(sent.gas));
    }
    let terms = MandateTerms {
        max_delay_s: 6 * 3600,
        max_age_s: 86_400,
        max_gap_s: 0,
        line: Digest::default(),
        schedule: Schedule::default(),
        band_bps: 0,
        owner: governor.address(),
    };
    let registered = governed
        .register_mandate(&evm_key, &sheet.compiled.part, &terms, |done, of| {
            screen.say(format!("  mandate: {done} of {of} integers sent"));
        })
        .await?;
    let (rules_point, risk_point) = stage.point.evm();
    if governed.rules_point(&registered.mandate_id).await? != rules_point {
        return fail("the contract's point for the mandate is not the verifier's");
    }
    screen.say(format!(
        "  mandate {} registered: the contract computed its point from {} integers in {} transactions",
        registered.mandate_id.short(),
        registered.coefficients,
        registered.transactions
    ));
    figures.row(
        format!(
            "gas: register the mandate ({} integers, {} transactions)",
            registered.coefficients, registered.transactions
        ),
        grouped(registered.gas),
    );

    let (quorum, _) = governed.quorum().await?;
    let usable = Use { from: as_of, to: as_of + 2 * VALID_FOR, quorum };
    let publication = Publication::of(&sheet.risk, &evm_key, evm::spots(&sheet.snapshot), usable)?;
    if publication.point != risk_point {
        return fail("the point of the trace is not the verifier's");
    }
    let alone = governed.publish_risk(&publication, &[publication.sign(&at, first)?]).await;
    refusals.expect("a risk part that one of three vouches for", "the contract", "", alone, screen);
    let signatures = [publication.sign(&at, first)?, publication.sign(&at, second)?];
    let sent = governed.publish_risk(&publication, &signatures).await?;
    screen.say("  risk part published by two of three who recomputed it");
    figures.row("gas: publish a risk part, once per snapshot", grouped(sent.gas));

    for (attestor, grade) in stage.attestors.listed() {
        governed.set_attestor(attestor, grade, 0, u64::MAX).await?;
    }
    let declaring = Registries::new(connect(administrator).await?, at)?;
    for (subject, acting) in [(stage.honest, manager), (stage.reckless, other_manager)] {
        governed.set_subject(&subject.set.subject, administrator.address()).await?;
        let sent = declaring.declare_accounts(&subject.set).await?;
        if subject.name == stage.honest.name {
            figures.row("gas: declare the accounts", grouped(sent.gas));
        }
        declaring.approve_address(&subject.set.subject, acting.address(), true).await?;
        Registries::new(connect(acting).await?, at)?.link_address(&subject.set.subject).await?;
    }
    screen.say("  attestors listed, accounts declared, managers linked to their subjects");

    let vault = Vault::deploy(&governed, manager.address(), &registered.mandate_id, VALID_FOR).await?;
    let other_vault =
        Vault::deploy(&governed, other_manager.address(), &registered.mandate_id, VALID_FOR).await?;
    let investing = connect(investor).await?;
    vault.fund(&investing, 10_000 * DOLLAR).await?;
    other_vault.fund(&investing, 10_000 * DOLLAR).await?;
    let early = vault.deposit(&investing, 1_000 * DOLLAR).await;
    refusals.expect("a deposit before any attestation", "the vault", "has no attestation", early, screen);

    screen.say("\n== 9. A proof for this chain and registry, attested ==");
    let place = Terms { chain: Some((at.chain_id, at.compliance)), epoch: 1, valid_for: VALID_FOR };
    let bundle = match prove(sheet, &stage.honest.handed, &stage.honest.set, stage.prover, place, screen)? {
        Proven::Bundle(bundle, _) => bundle,
        Proven::Broken(_) => return fail("the book of this story should keep its mandate, and does not"),
    };
    let managing = Registries::new(connect(manager).await?, at)?;
    let honest = AttestRequest {
        context: &bundle.context,
        commitments: &bundle.commitments,
        attestations: &bundle.attestations,
        proof: evm::proof(&bundle)?,
    };
    let forged = AttestRequest { proof: evm::proof(stage.bundle)?, ..honest };
    refusals.expect(
        "a forged proof: a true proof of another statement",
        "the contract",
        "the proof does not hold",
        managing.attest(&forged).await,
        screen,
    );
    let stolen_context = Context { subject: stage.reckless.set.subject, ..bundle.context };
    let stolen = AttestRequest { context: &stolen_context, ..honest };
    let what = format!("{}, attesting with the proof of {}", stage.reckless.name, stage.honest.name);
    refusals.expect(what, "the contract", "must be signed for by", managing.attest(&stolen).await, screen);

    let sent = managing.attest(&honest).await?;
    screen.say(format!("  attested: {} gas", grouped(sent.gas)));
    figures.row(format!("gas: attest, {} accounts", bundle.attestations.len()), grouped(sent.gas));
    let status = governed.status(&stage.honest.set.subject, &registered.mandate_id, VALID_FOR).await?;
    if !status.compliant {
        return fail(format!("attested, and yet not compliant: {}", status.reason.unwrap_or_default()));
    }
    let sent = vault.deposit(&investing, 1_000 * DOLLAR).await?;
    screen.say("  a deposit of 1,000 into the manager's vault: accepted");
    figures.row("gas: deposit through the gate", grouped(sent.gas));

    screen.say("\n== 10. What the chain refuses ==");
    refusals.expect(
        "the same attestation again",
        "the contract",
        "was attested already",
        managing.attest(&honest).await,
        screen,
    );
    let barred = other_vault.deposit(&investing, 1_000 * DOLLAR).await;
    let what =
        format!("a deposit with {}, whose book is over the limit and has no proof", stage.reckless.name);
    refusals.expect(what, "the vault", "has no attestation", barred, screen);

    let late = as_of + VALID_FOR + 3600;
    governed.chain().set_time(late).await?;
    screen.say("  (the chain's clock is put forward: an hour after the attestation's end)");
    let stale = vault.deposit(&investing, 1_000 * DOLLAR).await;
    refusals.expect("a deposit on a stale attestation", "the vault", "was valid until", stale, screen);
    refusals.expect(
        "attesting a book of yesterday",
        "the contract",
        "could be attested until",
        managing.attest(&honest).await,
        screen,
    );
    vault.withdraw(&investing, 500 * DOLLAR).await?;
    screen.say("  a withdrawal is never gated: accepted");
    Ok(())
}
