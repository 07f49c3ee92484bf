//! Rules of the mandate language as trees of this module's own: written out as text for the compiler, and read exactly
//! here, so that no parser, checker or evaluator of the product stands between a rule and what it is held to mean.

use mandate_market::RiskModel;
use mandate_statement::Family;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use std::collections::BTreeSet;

/// Over which slots a quantity is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Over {
    /// The whole book.
    All,
    /// The block of the innermost `for` or `sum`.
    Block,
}

/// A factor: as it is written, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// As the rule has it.
    pub text: String,
    /// The exact value.
    pub value: BigRational,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Money, in units of `10^-10`.
    Money(BigInt),
    /// A column by its position in the model, under the name the rule gives it.
    Column(usize, &'static str, Over),
    /// Worst loss over the scenarios.
    Worst(Over),
    /// Sum over the blocks of a family.
    Sum(Family, Box<Node>),
    /// Largest.
    Max(Vec<Node>),
    /// Smallest.
    Min(Vec<Node>),
    /// Magnitude.
    Abs(Box<Node>),
    /// Positive part.
    Pos(Box<Node>),
    /// Marginal rates: amounts in units, with the rate above each.
    Tiers(Box<Node>, Vec<(BigInt, Factor)>),
    /// Sum of two.
    Plus(Box<Node>, Box<Node>),
    /// Difference of two.
    Minus(Box<Node>, Box<Node>),
    /// Turned round.
    Negative(Box<Node>),
    /// A factor times an expression.
    Times(Factor, Box<Node>),
    /// An expression divided by a number.
    Divided(Box<Node>, Factor),
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

/// `left sign right`, or `left / below sign limit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Left side; with a denominator, the numerator.
    pub left: Node,
    /// Denominator of the left side, and then the limit that takes the place of the right side.
    pub ratio: Option<(Node, Factor)>,
    /// The sign.
    pub sign: Sign,
    /// Right side; not read where there is a ratio.
    pub right: Node,
}

/// `for b in FAMILY: comparison and comparison`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it runs over.
    pub family: Family,
    /// All must hold.
    pub comparisons: Vec<Comparison>,
}

/// The column that a rule reads as `name`.
pub fn column(name: &'static str, over: Over) -> Node {
    let model = RiskModel::by_name("crypto-usd/1").expect("the model of this project");
    let known = match name {
        "nav" => "value",
        "net" => "delta",
        other => other,
    };
    let (at, _) = model.column(known).expect("a column of the model");
    Node::Column(at, name, over)
}

/// Units as an amount.
pub fn amount(units: &BigInt) -> String {
    let digits = format!("{:0>11}", units.magnitude().to_string());
    let (whole, part) = digits.split_at(digits.len() - 10);
    format!("{}{whole}.{part} USD", if units.is_negative() { "-" } else { "" })
}

const fn domain(family: Family) -> &'static str {
    match family {
        Family::Group => "groups",
        Family::Account => "venues",
        Family::Asset => "underlyings",
        Family::Slot => "instruments",
        Family::Global => "all",
    }
}

impl Node {
    /// The text, with `block` the name of the innermost block.
    pub fn text(&self, block: &str) -> String {
        let list = |l: &[Self]| l.iter().map(|e| e.text(block)).collect::<Vec<_>>().join(", ");
        let over = |o: &Over| if *o == Over::All { "all".to_owned() } else { block.to_owned() };
        match self {
            Self::Money(units) => amount(units),
            Self::Column(_, "nav", Over::All) => "nav".into(),
            Self::Column(_, name, o) => format!("{name}({})", over(o)),
            Self::Worst(o) => format!("worst(scenarios, {})", over(o)),
            Self::Sum(family, body) => format!("sum(s in {}: {})", domain(*family), body.text("s")),
            Self::Max(l) => format!("max({})", list(l)),
            Self::Min(l) => format!("min({})", list(l)),
            Self::Abs(e) => format!("abs({})", e.text(block)),
            Self::Pos(e) => format!("pos({})", e.text(block)),
            Self::Tiers(e, steps) => {
                let steps: Vec<String> =
                    steps.iter().map(|(a, r)| format!("{}: {}", amount(a), r.text)).collect();
                format!("tiers({}; {})", e.text(block), steps.join(", "))
            }
            Self::Plus(a, b) => format!("({} + {})", a.text(block), b.text(block)),
            Self::Minus(a, b) => format!("({} - {})", a.text(block), b.text(block)),
            Self::Negative(e) => format!("-({})", e.text(block)),
            Self::Times(f, e) => format!("{} * ({})", f.text, e.text(block)),
            Self::Divided(e, f) => format!("({}) / ({})", e.text(block), f.text),
        }
    }

    fn children(&self) -> Vec<&Self> {
        match self {
            Self::Money(_) | Self::Column(..) | Self::Worst(_) => Vec::new(),
            Self::Max(l) | Self::Min(l) => l.iter().collect(),
            Self::Plus(a, b) | Self::Minus(a, b) => vec![a, b],
            Self::Sum(_, e)
            | Self::Abs(e)
            | Self::Pos(e)
            | Self::Tiers(e, _)
            | Self::Negative(e)
            | Self::Times(_, e)
            | Self::Divided(e, _) => vec![e],
        }
    }

    fn constructs(&self, here: Family, out: &mut BTreeSet<String>) {
        let over = |o: &Over| if *o == Over::All { "all" } else { domain(here) };
        let name = match self {
            Self::Money(_) => "amount".to_owned(),
            Self::Column(_, name, o) => {
                out.insert(format!("column of {}", over(o)));
                format!("column {name}")
            }
            Self::Worst(o) => format!("worst of {}", over(o)),
            Self::Sum(f, _) => format!("sum over {}", domain(*f)),
            Self::Max(_) => "max".into(),
            Self::Min(_) => "min".into(),
            Self::Abs(_) => "abs".into(),
            Self::Pos(_) => "pos".into(),
            Self::Tiers(..) => "tiers".into(),
            Self::Plus(..) => "+".into(),
            Self::Minus(..) => "-".into(),
            Self::Negative(_) => "negation".into(),
            Self::Times(..) => "*".into(),
            Self::Divided(..) => "/".into(),
        };
        out.insert(name);
        let inner = if let Self::Sum(f, _) = self { *f } else { here };
        self.children().into_iter().for_each(|e| e.constructs(inner, out));
    }
}

impl Rule {
    /// The rule as a mandate has it. `slack` units are taken off every smaller side.
    pub fn text(&self, slack: &BigInt) -> String {
        let one = |c: &Comparison| {
            let name = "b";
            let more = if slack.is_zero() { String::new() } else { format!(" - {}", amount(slack)) };
            let (sign, small_left) = match c.sign {
                Sign::AtMost => ("<=", true),
                Sign::Below => ("<", true),
                Sign::AtLeast => (">=", false),
                Sign::Above => (">", false),
            };
            let left = c.left.text(name);
            let more_left = if small_left { more.clone() } else { more.replacen('-', "+", 1) };
            match &c.ratio {
                Some((below, limit)) => {
                    format!("({left}{more_left}) / ({}) {sign} {}", below.text(name), limit.text)
                }
                None if small_left => format!("{left}{more} {sign} {}", c.right.text(name)),
                None => format!("{left} {sign} {}{more}", c.right.text(name)),
            }
        };
        let all: Vec<String> = self.comparisons.iter().map(one).collect();
        let all = all.join(" and ");
        match self.family {
            Family::Global => all,
            family => format!("for b in {}: {all}", domain(family)),
        }
    }

    /// What the rule is made of, by name, for counts.
    pub fn constructs(&self) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        out.insert(match self.family {
            Family::Global => "rule over the book".to_owned(),
            family => format!("rule over {}", domain(family)),
        });
        if self.comparisons.len() > 1 {
            out.insert("and".into());
        }
        for c in &self.comparisons {
            c.left.constructs(self.family, &mut out);
            match &c.ratio {
                Some((below, _)) => {
                    out.insert("ratio".into());
                    below.constructs(self.family, &mut out);
                }
                None => c.right.constructs(self.family, &mut out),
            }
            let sign = match c.sign {
                Sign::AtMost => "<=",
                Sign::Below => "<",
                Sign::AtLeast => ">=",
                Sign::Above => ">",
            };
            out.insert(sign.into());
        }
        out
    }
}

/// A file of rules, called `r-0`, `r-1` and so on.
pub fn mandate(rules: &[String], min_nav: &BigInt) -> String {
    let mut out = format!("risk_model = \"crypto-usd/1\"\nmin_nav = \"{}\"\n", amount(min_nav));
    for (i, rule) in rules.iter().enumerate() {
        out.push_str(&format!("[[rule]]\nid = \"r-{i}\"\ntext = \"rule {i}\"\nholds = \"{rule}\"\n"));
    }
    out
}
