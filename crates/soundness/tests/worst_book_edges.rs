//! Books at the edges under every example mandate, and mirrored books: all readings agree, and say what they should.

use mandate_market::{Instrument, Snapshot};
use mandate_policy::{Mandate, compile};
use mandate_soundness::optimum::readings::{broken, verdicts};
use mandate_soundness::sheets::corpus::example_texts;
use mandate_statement::{QUANTITY_LIMIT, RiskPart, Shape};
use mandate_testing::{Book, columns, empty_book, t32, usable_slots};
use num_bigint::BigInt;

const AS_OF: u64 = 1_790_000_000;

/// The smallest market that the mandate compiles for: with the circuit on `t32`, without it on `s256`.
fn market(text: &str) -> (Snapshot, RiskPart) {
    let mandate = Mandate::parse("m.toml", text).unwrap_or_else(|e| panic!("{e}"));
    let fits = compile(&mandate, mandate.model, t32()).is_ok();
    let snapshot =
        if fits { mandate_market::examples::tiny(AS_OF) } else { mandate_market::examples::small(AS_OF) };
    let shape = Shape::by_name(&snapshot.universe.shape).unwrap();
    let risk = mandate_market::risk::compile(&snapshot, shape).unwrap_or_else(|e| panic!("{e}"));
    (snapshot, risk)
}

/// The same mandate with another minimum of net asset value, in units.
fn with_minimum(text: &str, units: i128) -> String {
    let amount = mandate_soundness::optimum::language::amount(&BigInt::from(units));
    let line =
        |l: &str| if l.starts_with("min_nav") { format!("min_nav = \"{amount}\"") } else { l.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn slots_of(snapshot: &Snapshot, wanted: impl Fn(&Instrument) -> bool) -> Vec<usize> {
    snapshot.universe.slots().unwrap().filter(|s| wanted(&s.slot.instrument)).map(|s| s.index).collect()
}

fn dollars(snapshot: &Snapshot) -> Vec<usize> {
    slots_of(snapshot, |i| matches!(i, Instrument::Cash { currency } if currency == "USD"))
}

/// Net asset value less its allowance, in units.
fn nav(risk: &RiskPart, book: &Book) -> i128 {
    let shape = risk.shape().unwrap();
    let one = |(j, q): (usize, &i64)| {
        let w = risk.weights_of(shape, j);
        i128::from(w[columns::VALUE]) * i128::from(*q) - i128::from(w[columns::LOTS]) * i128::from(*q).abs()
    };
    book.quantities.iter().enumerate().map(one).sum()
}

#[test]
fn edge_books_under_every_template() {
    let mut on_the_circuit = 0;
    for (name, text) in example_texts() {
        let (snapshot, risk) = market(&text);
        let shape = risk.shape().unwrap();
        on_the_circuit += usize::from(shape.name == "t32");
        let dollars = dollars(&snapshot);
        let with = |positions: &[(usize, i64)]| {
            let mut book = empty_book(&risk);
            positions.iter().for_each(|(j, q)| book.quantities[*j] = *q);
            book
        };
        let min_nav_fails = |what: &str, text: &str, book: &Book| {
            let broken = broken(text, &risk, book);
            assert!(broken.contains(&"min-nav".to_owned()), "{name}: {what}: {broken:?}");
        };
        // Nothing held, with and without declared accounts; as much owed as owned, in two accounts; more owed.
        let minimal = with_minimum(&text, 1);
        for text in [&text, &minimal] {
            let mut nobody = empty_book(&risk);
            nobody.active.fill(false);
            min_nav_fails("nobody", text, &nobody);
            min_nav_fails("empty", text, &empty_book(&risk));
            min_nav_fails("zero", text, &with(&[(dollars[0], 1 << 40), (dollars[1], -(1 << 40))]));
            min_nav_fails("insolvent", text, &with(&[(dollars[0], -1)]));
            min_nav_fails("insolvent", text, &with(&[(dollars[0], 1 << 40), (dollars[1], -(1 << 46))]));
        }
        // Net asset value exactly the minimum, and one unit less.
        let mut book = with(&[(dollars[0], 1_234_567), (dollars[1], -7)]);
        book.quantities[*usable_slots(shape, &risk).last().unwrap()] += 3;
        let at = nav(&risk, &book);
        assert!(at > 1);
        let exact = verdicts(&with_minimum(&text, at), &risk, &book);
        assert!(exact[0].holds && exact[0].headroom == Some(0.into()), "{name}");
        let less = verdicts(&with_minimum(&text, at + 1), &risk, &book);
        assert!(!less[0].holds && less[0].headroom == Some((-1).into()), "{name}");
        // One position at either end of the quantity range, alone and beside an ordinary book.
        for slot in usable_slots(shape, &risk) {
            for q in [QUANTITY_LIMIT - 1, -QUANTITY_LIMIT] {
                for mut book in [empty_book(&risk), with(&[(dollars[0], 1 << 44), (dollars[1], 1 << 44)])] {
                    book.quantities[slot] = q;
                    let found = verdicts(&text, &risk, &book);
                    assert_eq!(
                        found[0].holds,
                        nav(&risk, &book) >= minimum(&text),
                        "{name}: slot {slot}, {q} lots"
                    );
                }
            }
        }
    }
    assert!(on_the_circuit >= 5, "{on_the_circuit} templates fit the smallest shape");
}

fn minimum(text: &str) -> i128 {
    let line = text.lines().find(|l| l.starts_with("min_nav")).unwrap();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<i128>().unwrap() * 10_000_000_000
}

/// Positions in contracts without a value of their own, long for short: rules that say the same of both sides judge both
/// books alike to the unit, one-sided rules judge the mirrored book as their mirror image judges the book.
#[test]
fn a_mirrored_book_has_the_mirrored_verdict() {
    let snapshot = mandate_market::examples::small(AS_OF);
    let risk = mandate_market::risk::compile(&snapshot, Shape::by_name("s256").unwrap()).unwrap();
    let contracts =
        slots_of(&snapshot, |i| matches!(i, Instrument::Perpetual { .. } | Instrument::Future { .. }));
    let dollars = dollars(&snapshot);
    assert!(contracts.len() >= 4);
    let rules = [
        // The same rule is its own mirror image.
        ("abs(net(all)) <= 60% * nav", "abs(net(all)) <= 60% * nav"),
        (
            "net(all) <= 60% * nav and net(all) >= -60% * nav",
            "net(all) <= 60% * nav and net(all) >= -60% * nav",
        ),
        ("gross(all) / nav <= 2", "gross(all) / nav <= 2"),
        ("sum(g in groups: abs(net(g))) <= 150% * nav", "sum(g in groups: abs(net(g))) <= 150% * nav"),
        (
            "sum(u in underlyings: max(long(u), short(u))) <= nav",
            "sum(u in underlyings: max(short(u), long(u))) <= nav",
        ),
        (
            "for g in groups: worst(scenarios, g) <= 30% * nav",
            "for g in groups: worst(scenarios, g) <= 30% * nav",
        ),
        ("worst(scenarios, all) <= 30% * nav", "worst(scenarios, all) <= 30% * nav"),
        (
            "sum(g in groups: tiers(gross(g); 0 USD: 1%, 1_000 USD: 3%)) <= 5% * nav",
            "sum(g in groups: tiers(gross(g); 0 USD: 1%, 1_000 USD: 3%)) <= 5% * nav",
        ),
        // One side only.
        ("net(all) <= 40% * nav", "net(all) >= -40% * nav"),
        ("for g in groups: net(g) >= -20% * nav", "for g in groups: net(g) <= 20% * nav"),
        ("long(all) <= nav", "short(all) <= nav"),
        (
            "for v in venues: short(v) <= long(v) + 10% * nav",
            "for v in venues: long(v) <= short(v) + 10% * nav",
        ),
        (
            "sum(u in underlyings: pos(net(u))) <= 50% * nav",
            "sum(u in underlyings: pos(-net(u))) <= 50% * nav",
        ),
    ];
    let own_image = 8;
    let text = |rule: &str| {
        format!(
            "risk_model = \"crypto-usd/1\"\nmin_nav = \"1 USD\"\n[[rule]]\nid = \"r\"\ntext = \"a rule\"\nholds = \"{rule}\"\n"
        )
    };
    let mut differ = vec![0; rules.len()];
    for seed in 0..40 {
        let mut rng = mandate_soundness::optimum::generate::stream(40, seed);
        let mut book = empty_book(&risk);
        let lots = |usd: i64, slot: usize| {
            let unit = risk.weights_of(risk.shape().unwrap(), slot);
            let face = unit[columns::NOTIONAL].max(unit[columns::VALUE]);
            i64::try_from(i128::from(usd) * 10_000_000_000 / i128::from(face)).unwrap()
        };
        book.quantities[dollars[0]] = lots(10_000, dollars[0]);
        for slot in &contracts {
            use rand::Rng;
            book.quantities[*slot] = lots(rng.gen_range(-4000..4000), *slot);
        }
        let mut mirrored = book.clone();
        contracts.iter().for_each(|j| mirrored.quantities[*j] *= -1);
        for (i, (rule, image)) in rules.iter().enumerate() {
            let of = |rule: &str, book: &Book| {
                verdicts(&text(rule), &risk, book)
                    .into_iter()
                    .map(|v| (v.holds, v.headroom))
                    .collect::<Vec<_>>()
            };
            let here = of(rule, &book);
            assert_eq!(here, of(image, &mirrored), "{rule}");
            differ[i] += usize::from(here != of(rule, &mirrored));
        }
    }
    assert!(differ[..own_image].iter().all(|n| *n == 0), "{differ:?}");
    assert!(differ[own_image..].iter().all(|n| *n >= 20), "{differ:?}");
}
