//! Mistakes that others made, each by name: they must stay dead.

use mandate_market::{RiskError, State};
use mandate_policy::Mandate;
use mandate_soundness::optimum::readings::{broken, verdicts};
use mandate_statement::{Layout, QUANTITY_LIMIT, RiskPart};
use mandate_testing::{Book, columns, empty_book, t32};
use num_traits::Signed;

const USD: i64 = 10_000_000_000;

fn mandate(rule: &str) -> String {
    format!(
        "risk_model = \"crypto-usd/1\"\nmin_nav = \"0.0000000001 USD\"\n[[rule]]\nid = \"r\"\ntext = \"a rule\"\nholds = \"{rule}\"\n"
    )
}

/// A market of these weights by slot and column; every slot with none must stay empty. Segments 0 and 1 are two groups
/// of account 0, 2 and 3 are accounts 1 and 2; assets are 0, 1, 2 and 0 again.
fn market(weights: &[(usize, &[(usize, i64)])]) -> RiskPart {
    let mut risk = mandate_testing::plain_risk_part();
    risk.layout = Layout {
        carry: vec![false; 4],
        group_used: vec![true; 4],
        account: vec![Some(0), Some(0), Some(1), Some(2)],
        asset: vec![Some(0), Some(1), Some(2), Some(0)],
    };
    let wide = t32().columns();
    risk.weights.fill(0);
    for slot in 0..t32().slots {
        risk.weights[slot * wide + columns::FORBIDDEN] = 1;
    }
    for (slot, list) in weights {
        let row = &mut risk.weights[slot * wide..(slot + 1) * wide];
        (row[columns::FORBIDDEN], row[columns::LOTS]) = (0, 1);
        list.iter().for_each(|(k, w)| row[*k] = *w);
    }
    risk
}

fn book(risk: &RiskPart, positions: &[(usize, i64)]) -> Book {
    let mut out = empty_book(risk);
    positions.iter().for_each(|(j, q)| out.quantities[*j] = *q);
    out
}

/// The fund rule "issuers above 5% together at most 40%" was gated by a bit of the prover's, and a net short issuer that
/// he chose to count took from the sum. Here nothing is chosen: what stands in the language in its place is a sum of
/// positive parts, which no short position makes smaller, and forms that would let one are refused.
#[test]
fn a_net_short_issuer_gated_into_a_40_percent_sum() {
    let face = |w| {
        [columns::DELTA, columns::GROSS, columns::NOTIONAL, columns::LONG, columns::SHORT].map(|k| (k, w))
    };
    let cash =
        [(columns::VALUE, USD), (columns::CASH, USD), (columns::ASSETS, USD), (columns::LIABILITIES, USD)];
    let contract = face(USD);
    let risk = market(&[(0, &cash), (1, &contract), (8, &contract), (16, &contract), (24, &contract)]);
    let long = [(0, 1000), (1, 250), (8, 250)];
    for rule in [
        "sum(u in underlyings: pos(net(u))) <= 40% * nav",
        "sum(u in underlyings: max(net(u), 0 USD)) <= 40% * nav",
        "sum(u in underlyings: pos(net(u) - 5% * nav)) <= 30% * nav",
        "sum(u in underlyings: tiers(net(u); 50 USD: 100%)) <= 30% * nav",
        "sum(u in underlyings: abs(net(u))) <= 40% * nav",
        "sum(u in underlyings: max(long(u), short(u))) <= 40% * nav",
        "sum(g in groups: pos(net(g))) <= 40% * nav",
        "sum(v in venues: pos(net(v))) <= 40% * nav",
        "long(all) <= 40% * nav",
    ] {
        let text = mandate(rule);
        let room = |book: &Book| {
            let found = verdicts(&text, &risk, book);
            (found[1].holds, found[1].headroom.clone().unwrap())
        };
        let (held, before) = room(&book(&risk, &long));
        assert!(!held, "{rule}");
        for short in [1, 100, 400, 500, 1_000_000, QUANTITY_LIMIT] {
            let mut with = book(&risk, &long);
            with.quantities[16] = -short;
            let (held, after) = room(&with);
            assert!(!held && after <= before, "{rule}: {short} short");
        }
        // It is the sum that forbids the book: with less of the longs it passes.
        assert!(room(&book(&risk, &[(0, 1000), (1, 190), (8, 190), (16, -1)])).0, "{rule}");
    }
    // A sum of net positions nets, and says so: who writes it gets it.
    let netted = mandate("sum(u in underlyings: net(u)) <= 40% * nav");
    let mut with = book(&risk, &long);
    assert_eq!(broken(&netted, &risk, &with), ["r"]);
    with.quantities[16] = -400;
    assert!(broken(&netted, &risk, &with).is_empty());
    // No form gates a term by a choice, or subtracts what a bound from above stands for.
    for (rule, why) in [
        ("sum(u in underlyings: min(net(u), 5% * nav)) <= 40% * nav", "proves nothing"),
        ("sum(u in underlyings: net(u) - pos(5% * nav - net(u))) <= 40% * nav", "proves nothing"),
        ("sum(u in underlyings: net(u) - abs(net(u))) <= 40% * nav", "proves nothing"),
        ("sum(u in underlyings: pos(net(u)) * net(u)) <= 40% * nav", "product of two"),
        ("threshold_sum(u in underlyings: net(u), 5% * nav) <= 40% * nav", "threshold_sum"),
        ("at_most_k_of(3, net(all)) <= 40% * nav", "at_most_k_of"),
    ] {
        let refused = Mandate::parse("m.toml", &mandate(rule)).unwrap_err().to_string();
        assert!(refused.contains(why), "{rule}: {refused}");
    }
}

/// `a / b <= 3` turned into `a <= 3 * b` holds for `b` at or below zero and `a` far enough below it. Every denominator is
/// at least one unit, after the allowance, by a rule of its own.
#[test]
fn a_denominator_at_or_below_zero() {
    let mut refused = 0;
    for rule in [
        "net(B) / cash(B) <= 3",
        "net(B) / cash(B) < 3",
        "net(B) / (cash(B) - 0 USD) <= 300%",
        "vega(B) / cash(B) >= 1",
    ] {
        for (block, lots) in [("all", 4), ("g", 1), ("v", 1), ("u", 1)] {
            let domain = match block {
                "g" => "for g in groups: ",
                "v" => "for v in venues: ",
                "u" => "for u in underlyings: ",
                _ => "",
            };
            let text = mandate(&format!("{domain}{}", rule.replace('B', block)));
            for (least, large) in [(1, true), (2, true), (0, false), (-1, false), (-2, false), (-1000, false)]
            {
                // One lot in each segment; the third is the block at hand, alone in its group, venue and asset.
                let tested = if block == "all" { least + lots - 3 * 10 } else { least + lots };
                let slot = |cash: i64| {
                    [
                        (columns::CASH, cash),
                        (columns::DELTA, -1_000_000),
                        (columns::VEGA, 1_000_000),
                        (columns::VALUE, USD),
                    ]
                };
                let (other, mine) = (slot(10), slot(tested));
                let risk = market(&[(0, &other), (8, &other), (16, &mine), (24, &other)]);
                let broken = broken(&text, &risk, &book(&risk, &[(0, 1), (8, 1), (16, 1), (24, 1)]));
                assert_eq!(
                    !broken.iter().any(|id| id == "r/denominator"),
                    large,
                    "{text}{least}: {broken:?}"
                );
                // The comparison alone would let every one of these books pass.
                assert!(!broken.iter().any(|id| id == "r"), "{text}{least}: {broken:?}");
                refused += usize::from(!large);
            }
        }
    }
    assert_eq!(refused, 4 * 4 * 4);
    // Net asset value as the denominator, at zero and below, and no book at all.
    let text = mandate("gross(all) / nav <= 3");
    let risk = market(&[(0, &[(columns::VALUE, 1)]), (8, &[(columns::VALUE, USD)])]);
    for positions in [&[(0, 1)][..], &[(8, -1)], &[(0, 1000)], &[(8, 1), (0, -USD)], &[]] {
        let broken = broken(&text, &risk, &book(&risk, positions));
        assert!(broken.contains(&"r/denominator".to_owned()) && broken.contains(&"min-nav".to_owned()));
    }
}

/// A price so small that a lot weighs nothing would let any quantity of it stand beside the rules. The market refuses
/// such a lot; the sheet checker refuses a usable slot that weighs nothing; and where one column alone rounds to zero
/// each lot is charged the unit that rounding may have hidden.
#[test]
fn an_instrument_that_rounds_to_weight_zero() {
    for (price, refused) in [("0.000000000001", true), ("0.1", true), ("59999.9", false)] {
        let mut made = mandate_market::examples::tiny(1_790_000_000);
        let Some(State::Priced(quote)) = made.currencies.get_mut("BTC") else { panic!("BTC has a price") };
        quote.price = price.parse().unwrap();
        match mandate_market::risk::compile(&made, t32()) {
            Err(RiskError::Precision { face, floor, .. }) => assert!(refused && face < floor, "{price}"),
            Err(e) => panic!("{price}: {e}"),
            Ok(_) => assert!(!refused, "{price}"),
        }
    }
    let weightless = market(&[
        (0, &[(columns::VALUE, USD), (columns::ASSETS, USD), (columns::LIABILITIES, USD)]),
        (16, &[]),
    ]);
    let findings = mandate_checker::check_risk(&weightless).unwrap_err();
    assert!(findings.iter().any(|f| format!("{f:?}").contains("FreeSlot")), "{}", findings[0]);
    // What the column may hide is half a unit a lot; a unit is charged, on either side and at every size.
    let sized =
        [(columns::NOTIONAL, USD), (columns::LONG, USD), (columns::SHORT, USD), (columns::GROSS, USD)];
    let risk = market(&[(0, &[(columns::VALUE, 1 << 30)]), (16, &sized)]);
    let owned = (1i64 << 30) - 1;
    for rule in
        ["net(all) <= 0.001 USD", "net(all) >= -0.001 USD", "for u in underlyings: abs(vega(u)) <= 0.001 USD"]
    {
        let text = mandate(rule);
        for q in [QUANTITY_LIMIT - 1, -QUANTITY_LIMIT, 10_000_001, -10_000_001] {
            let found = broken(&text, &risk, &book(&risk, &[(0, 1 << 20), (16, q)]));
            assert_eq!(found, ["r"], "{rule}: {q}");
        }
        assert!(broken(&text, &risk, &book(&risk, &[(0, 1), (16, -9_999_999)])).is_empty(), "{rule}");
    }
    // A debt whose value rounds to zero, against one lot of money.
    let text = mandate("gross(all) >= 0 USD");
    for (q, lawful) in [(-owned, false), (1 - owned, true), (owned, false), (-QUANTITY_LIMIT, false)] {
        let found = broken(&text, &risk, &book(&risk, &[(0, 1), (16, q)]));
        assert_eq!(found.is_empty(), lawful, "{q}: {found:?}");
    }
    assert!(
        verdicts(&text, &risk, &book(&risk, &[(0, 1), (16, 5)]))[0].headroom.clone().unwrap().is_positive()
    );
}
