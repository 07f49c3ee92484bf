//! Rules of templates against books worked out by hand: what their pages say is what they ask.

use super::*;

/// A book in one account on a market; the mandate's rules that it breaks.
fn broken(model: &str, rules: &str, snapshot: &Snapshot, lines: &str) -> BTreeSet<String> {
    let mandate = format!("risk_model = \"{model}\"\nmin_nav = \"1 USD\"\n{rules}");
    let mut csv = "account,instrument,quantity,entry_price\n".to_owned();
    lines.split_whitespace().for_each(|l| {
        let _ = writeln!(csv, "harbour/cross/main,{l},");
    });
    csv.push_str("quay/cross/main,,,\nvault/segregated/main,,,\nadministrator/fund/main,,,\n");
    judge_on("m.toml", &mandate, snapshot, "book.csv", &csv).broken
}

/// What a shock rule is and is not, on books whose figures are worked out here by hand.
#[test]
fn shock_rules_are_what_their_pages_say() {
    let mut market = snapshot("small");
    for (symbol, bps) in [("USD", 1_000), ("BTC", 9_000), ("ETH", 0)] {
        let Some(mandate_market::State::Priced(quote)) = market.currencies.get_mut(symbol) else {
            panic!("{symbol} has no price")
        };
        quote.haircut_bps = bps;
    }
    let health = |factor: &str, shock: &str| {
        format!(
            "[[use]]\ntemplate = \"lending-health/1\"\nprotocol = \"aave-v3\"\nhealth = {factor}\nshock = \"{shock}\"\n"
        )
    };
    let solvent = |factor: &str, shock: &str| {
        format!("[[use]]\ntemplate = \"solvency/1\"\nratio = {factor}\nshock = \"{shock}\"\n")
    };
    let rule = |id: &str| BTreeSet::from([id.to_owned()]);
    // Collateral 0.9 * 1,200,000 + 0.1 * 20 * 60,000 = 1,200,000 against 479 * 2,500 = 1,197,500. At twice the coins' prices
    // it is 1,080,000 + 240,000 against 2,395,000, a health of 0.55. All coins move alike, so that the net loss is at most
    // 0.8 * (1,200,000 - 1,197,500) = 2,000, and `worst` sees no more than that: its page says so. `apart` refuses the book.
    let book = "USD,1200000 BTC,20 ETH,-479";
    for shock in ["none", "worst"] {
        assert!(broken("lending/1", &health("1", shock), &market, book).is_empty(), "{shock}");
        assert!(broken("lending/1", &solvent("1", shock), &market, book).is_empty(), "{shock}");
    }
    assert_eq!(broken("lending/1", &health("1", "apart"), &market, book), rule("lending-health-apart"));
    assert_eq!(broken("lending/1", &solvent("1", "apart"), &market, book), rule("solvency-apart"));
    // Debt after the shock is multiplied too: collateral 1,080,000, and at twice its price a debt of 144 * 5,000 = 720,000
    // is covered exactly 1.5 times. One more coin is not, one less is.
    for (debt, kept) in [("USD,1200000 ETH,-145", false), ("USD,1200000 ETH,-143", true)] {
        for shock in ["worst", "apart"] {
            let id = if shock == "worst" { "after-shock" } else { "apart" };
            let wanted = |t: &str| if kept { BTreeSet::new() } else { rule(&format!("{t}-{id}")) };
            let found = broken("lending/1", &health("1.5", shock), &market, debt);
            assert_eq!(found, wanted("lending-health"), "{debt}, {shock}");
            let found = broken("lending/1", &solvent("1.5", shock), &market, debt);
            assert_eq!(found, wanted("solvency"), "{debt}, {shock}");
        }
    }
}

/// Options bought never pay less than nothing at expiry, but the premium paid for them is lost: a straddle breaks the
/// defined risk where its mark value is above the share, and only there.
#[test]
fn premium_paid_is_at_risk() {
    let market = snapshot("strikes");
    let book = "USD,1000000 BTC-9MAR26-60000-C,30 BTC-9MAR26-60000-P,30";
    let mut seen = BTreeSet::new();
    for share in ["1%", "10%", "15%", "20%", "25%", "40%", "90%"] {
        let rules = format!(
            "[[use]]\ntemplate = \"defined-risk/1\"\nid = \"dr\"\nloss = \"{share}\"\n\
             [[rule]]\nid = \"payoff\"\ntext = \"t\"\nholds = \"expiry_loss(all) <= 0 USD\"\n\
             [[rule]]\nid = \"mark\"\ntext = \"t\"\nholds = \"premium(all) <= {share} * nav\"\n"
        );
        let found = broken("option-vault/1", &rules, &market, book);
        let above = found.contains("mark");
        let wanted: &[&str] = if above { &["dr-loss", "mark"] } else { &[] };
        assert_eq!(found, wanted.iter().map(|w| (*w).to_owned()).collect(), "{share}");
        seen.insert(above);
    }
    assert_eq!(seen.len(), 2, "both sides are tried");
}

/// A counterparty with several netting sets: whichever belong to it, the sum of those that hold most bounds what it holds. A
/// netting set in debt takes nothing off the others, and more netting sets than there are count what there is.
#[test]
fn a_counterparty_holds_no_more_than_the_netting_sets_that_hold_most() {
    let market = snapshot("small");
    // 600,000; 5 * 60,000 twice; -200,000: net asset value is 1,000,000.
    let csv = "account,instrument,quantity,entry_price\nharbour/cross/main,USD,600000,\nquay/cross/main,BTC,5,\n\
               vault/segregated/main,BTC,5,\nadministrator/fund/main,USD,-200000,\n";
    for (pools, share) in [(1, 60), (2, 90), (3, 120), (4, 120)] {
        for (limit, kept) in [(format!("{share}.01%"), true), (format!("{}.99%", share - 1), false)] {
            let mandate = format!(
                "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[use]]\ntemplate = \"concentration/1\"\nid = \"c\"\n\
                 pools = {pools}\ncounterparty = \"{limit}\"\n"
            );
            let broken = judge_on("m.toml", &mandate, &market, "book.csv", csv).broken;
            let wanted = if kept { BTreeSet::new() } else { BTreeSet::from(["c-counterparty".to_owned()]) };
            assert_eq!(broken, wanted, "{pools} netting sets, {limit}");
        }
    }
}
