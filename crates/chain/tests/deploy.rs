//! Deployments broken off at every point and taken up again. Skips where no node program is found.
#![allow(missing_docs, clippy::print_stderr)]

mod support;

use mandate_chain::{
    Chain, ChainError, DeployOptions, Deployer, Deployment, LocalChain, MandateTerms, Manifest, Payer,
    Registries, Schedule, find_anvil, mandate_id, runtime,
};
use mandate_statement::Digest;
use support::{key, repository, rules};

fn node() -> Option<LocalChain> {
    match find_anvil(&repository()) {
        Ok(program) => Some(LocalChain::spawn(&program, None).unwrap()),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

async fn payer(node: &LocalChain) -> Payer {
    Payer::new(Chain::connect(&node.url(), &node.keys()[0]).await.unwrap()).unwrap()
}

fn options() -> DeployOptions {
    DeployOptions { quorum: vec![[7; 20]], ..DeployOptions::local() }
}

/// Deploys from `begun`; the disk is gone after `saves` more writes. Gives what was written last.
async fn deploy(
    node: &LocalChain,
    begun: Option<Manifest>,
    saves: usize,
) -> (Result<Deployment, ChainError>, Option<Manifest>) {
    let (mut kept, mut left) = (begun.clone(), saves);
    let mut save = |m: &Manifest| {
        left = left.checked_sub(1).ok_or("the disk is gone")?;
        kept = Some(m.clone());
        Ok(())
    };
    let mut steps = Deployer::new(payer(node).await, begun, &mut save).await.unwrap();
    let made = Registries::deploy_steps(&mut steps, &options()).await;
    (made, kept)
}

/// Broken off before each write: what was sent is found again, and nothing is deployed twice.
#[test]
fn broken_off_anywhere_it_goes_on() {
    let Some(node) = node() else { return };
    runtime().unwrap().block_on(async {
        let mut manifest = None;
        let mut breaks = 0;
        let at = loop {
            // One more write each time: first an intent that is never sent, then one that is sent and never finished.
            let (made, kept) = deploy(&node, manifest.take(), 1).await;
            manifest = kept;
            match made {
                Ok(at) => break at,
                Err(ChainError::Manifest { .. }) => breaks += 1,
                Err(why) => panic!("{why}"),
            }
        };
        assert_eq!(breaks, 11, "six steps, two writes each, all but the last broken off");
        let steps = manifest.clone().unwrap().done;
        assert_eq!(steps.len(), 6);
        assert_eq!(payer(&node).await.nonce(None).await.unwrap(), 6, "one transaction a step");
        // Once more finds everything in place.
        let (again, _) = deploy(&node, manifest.clone(), 0).await;
        assert_eq!(again.unwrap(), at);
        assert_eq!(payer(&node).await.nonce(None).await.unwrap(), 6);
    });
}

#[test]
fn a_manifest_of_something_else_is_refused() {
    let Some(node) = node() else { return };
    runtime().unwrap().block_on(async {
        let (made, manifest) = deploy(&node, None, usize::MAX).await;
        made.unwrap();
        let manifest = manifest.unwrap();
        let mut ignore = |_: &Manifest| Ok(());

        // Other settings.
        let mut steps = Deployer::new(payer(&node).await, Some(manifest.clone()), &mut ignore).await.unwrap();
        let other = DeployOptions { quorum: vec![[8; 20]], ..options() };
        let why = Registries::deploy_steps(&mut steps, &other).await.unwrap_err().to_string();
        assert!(why.contains("RiskRegistry"), "{why}");

        // Another code at an address of it.
        let mut moved = manifest.clone();
        moved.done[0].address = moved.done[1].address.clone();
        let mut steps = Deployer::new(payer(&node).await, Some(moved), &mut ignore).await.unwrap();
        let why = Registries::deploy_steps(&mut steps, &options()).await.unwrap_err().to_string();
        assert!(why.contains("what stands at the address"), "{why}");

        // Another sender, another chain of the same id.
        let other = Payer::new(Chain::connect(&node.url(), &node.keys()[1]).await.unwrap()).unwrap();
        let why = Deployer::new(other, Some(manifest.clone()), &mut ignore).await.map(|_| ()).unwrap_err();
        assert!(why.to_string().contains("sender"), "{why}");
        let mut elsewhere = manifest;
        elsewhere.genesis.0[0] ^= 1;
        let why =
            Deployer::new(payer(&node).await, Some(elsewhere), &mut ignore).await.map(|_| ()).unwrap_err();
        assert!(why.to_string().contains("first block"), "{why}");
    });
}

/// A rehearsal sends nothing, and ends with the addresses that the real thing has.
#[test]
fn a_rehearsal_tells_what_will_be() {
    let Some(node) = node() else { return };
    runtime().unwrap().block_on(async {
        let mut steps = Deployer::dry(payer(&node).await).await.unwrap();
        let told = Registries::deploy_steps(&mut steps, &options()).await.unwrap();
        let costs = steps.costs().to_vec();
        assert_eq!(payer(&node).await.nonce(None).await.unwrap(), 0);
        let (made, manifest) = deploy(&node, None, usize::MAX).await;
        assert_eq!(made.unwrap(), told);
        for (cost, done) in costs.iter().zip(manifest.unwrap().done) {
            assert_eq!(cost.name, done.name);
            // An estimate is what a transaction needs to be let in; it uses no more.
            assert!(
                cost.gas.is_none_or(|gas| gas >= done.gas && gas - done.gas < gas / 20),
                "{cost:?} {done:?}"
            );
        }
        assert!(costs.iter().filter(|c| c.gas.is_some()).count() >= 4, "{costs:?}");
    });
}

/// A registration broken off before each write goes on with the same draft, and the version is there once.
#[test]
fn a_registration_broken_off_anywhere_goes_on() {
    let Some(node) = node() else { return };
    runtime().unwrap().block_on(async {
        let (made, _) = deploy(&node, None, usize::MAX).await;
        let registries = Registries::new(payer(&node).await.chain().clone(), made.unwrap()).unwrap();
        let (key, rules) = (key(), rules());
        registries.store_key(&key).await.unwrap();
        let terms = MandateTerms {
            max_delay_s: 3600,
            max_age_s: 7200,
            max_gap_s: 0,
            line: Digest::default(),
            schedule: Schedule::default(),
            band_bps: 500,
            owner: [9; 20],
        };
        let before = payer(&node).await.nonce(None).await.unwrap();
        let (mut manifest, mut breaks): (Option<Manifest>, _) = (None, 0);
        let made = loop {
            let (mut kept, mut left) = (manifest.clone(), 1usize);
            let mut save = |m: &Manifest| {
                left = left.checked_sub(1).ok_or("the disk is gone")?;
                kept = Some(m.clone());
                Ok(())
            };
            let mut steps =
                Deployer::of("register", payer(&node).await, manifest.take(), &mut save).await.unwrap();
            let made = registries.register_steps(&mut steps, &key, &rules, &terms, |_, _| {}).await;
            drop(steps);
            manifest = kept;
            match made {
                Ok(made) => break made,
                Err(ChainError::Manifest { .. }) => breaks += 1,
                Err(why) => panic!("{why}"),
            }
        };
        assert_eq!((breaks, made.transactions), (7, 4), "begin, append, finish, schedule: two writes each");
        assert_eq!(payer(&node).await.nonce(None).await.unwrap(), before + 4, "one transaction a step");
        assert_eq!(made.mandate_id, mandate_id(&rules.digest(), &key.id()));
        let line = registries.line(&made.mandate_id).await.unwrap();
        assert_eq!((line.version, line.in_force, line.next), (1, Some(made.mandate_id), None));
        assert_eq!(line.owner.map(|o| o.to_lowercase()), Some(format!("0x{}", "09".repeat(20))));
        // With other terms it is another registration.
        let mut ignore = |_: &Manifest| Ok(());
        let mut steps = Deployer::of("register", payer(&node).await, manifest, &mut ignore).await.unwrap();
        let other = MandateTerms { band_bps: 501, ..terms };
        let why = registries.register_steps(&mut steps, &key, &rules, &other, |_, _| {}).await.unwrap_err();
        assert!(why.to_string().contains("`begin`"), "{why}");
    });
}
