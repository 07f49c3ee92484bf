//! Syntax tree to checked expressions: units, reach, constants, and the one-sided discipline.

mod choose;
mod combine;

use crate::error::Span;
use crate::lex::Complaint;
use crate::parse::{Binder, Comparison, Holds, Kind, Syntax};
use crate::tree::{Clause, Expr, Node, Scope, Unit, block};
use mandate_market::RiskModel;
use mandate_numeric::Decimal;
use mandate_statement::Family;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

type Checked<T> = Result<T, Complaint>;

/// The block variable in reach, with the names of those that are out of reach.
#[derive(Clone)]
struct Reach {
    inner: Option<(String, Family)>,
    outer: Vec<String>,
    in_sum: bool,
}

pub(crate) struct Checker {
    pub(crate) model: &'static RiskModel,
}

/// What a rule says, and what its denominators need.
pub(crate) struct CheckedRule {
    pub(crate) clauses: Vec<Clause>,
    pub(crate) guards: Vec<Clause>,
}

pub(crate) fn rational(d: &Decimal) -> BigRational {
    BigRational::new(BigInt::from(d.digits()), BigInt::from(10u8).pow(u32::from(d.scale())))
}

fn family_of(b: &Binder) -> Checked<Family> {
    Ok(match b.domain.as_str() {
        "groups" => Family::Group,
        "venues" => Family::Account,
        "underlyings" => Family::Asset,
        "instruments" => Family::Slot,
        other => {
            return Err(Complaint::new(
                b.domain_span,
                format!("there are no blocks called `{other}`"),
                "not a kind of block",
            )
            .help(
                "blocks are `groups` (one underlying at one venue), `venues` (netting sets), `underlyings` (one \
                 underlying across venues) and `instruments`",
            ));
        }
    })
}

impl Checker {
    /// A money constant, as in `min_nav`.
    pub(crate) fn money(&self, syntax: &Syntax) -> Checked<BigRational> {
        let reach = Reach { inner: None, outer: Vec::new(), in_sum: false };
        let e = self.expr(syntax, &reach)?;
        match e.constant() {
            Some(c) if e.unit == Unit::Money => Ok(c.clone()),
            _ => Err(Complaint::new(syntax.span, "this is not an amount of money", "wanted an amount")
                .help(format!("write it like `5_000_000 {}`", self.model.currency))),
        }
    }

    pub(crate) fn rule(&self, holds: &Holds) -> Checked<CheckedRule> {
        let (reach, family) = match &holds.binder {
            Some(b) => {
                let family = family_of(b)?;
                self.fresh(b)?;
                let inner = Some((b.name.clone(), family));
                (Reach { inner, outer: Vec::new(), in_sum: false }, family)
            }
            None => (Reach { inner: None, outer: Vec::new(), in_sum: false }, Family::Global),
        };
        let except = holds.except.as_ref().map(|k| self.exceptions(k, holds, family, &reach)).transpose()?;
        let mut out = CheckedRule { clauses: Vec::new(), guards: Vec::new() };
        for (left, op, right) in &holds.comparisons {
            self.compare(left, *op, right, &reach, family, &mut out)?;
        }
        out.clauses.iter_mut().for_each(|c| c.except = except);
        Ok(out)
    }

    /// A block name must not hide a word of the language.
    fn fresh(&self, b: &Binder) -> Checked<()> {
        let taken = [
            "all",
            "nav",
            "scenarios",
            "sum",
            "max",
            "min",
            "abs",
            "pos",
            "tiers",
            "worst",
            "net",
            "up",
            "down",
            "better",
            "above",
            "at_most",
            "top",
            "shortfall",
            "exceed",
            "uncovered",
            "upside",
            "expiry_loss",
        ];
        let model = self.model.columns.iter().any(|c| c.name == b.name);
        if taken.contains(&b.name.as_str()) || model || b.name == self.model.currency || b.name == "bps" {
            return Err(Complaint::new(
                b.name_span,
                format!("`{}` already has a meaning", b.name),
                "choose another name",
            )
            .help("a short name will do: `for g in groups: ...`"));
        }
        Ok(())
    }

    fn compare(
        &self,
        left: &Syntax,
        op: Comparison,
        right: &Syntax,
        reach: &Reach,
        family: Family,
        out: &mut CheckedRule,
    ) -> Checked<()> {
        let span = left.span.to(right.span);
        let (small, large) = match op {
            Comparison::AtMost | Comparison::Less => (left, right),
            Comparison::AtLeast | Comparison::More => (right, left),
        };
        let (small, large, denominator) = match (self.quotient(small, reach)?, self.quotient(large, reach)?) {
            (None, None) => (self.expr(small, reach)?, self.expr(large, reach)?, None),
            (Some((a, b)), None) => {
                let limit = self.limit(large, reach)?;
                let unit = self.times_unit(b.unit, limit.1, large.span)?;
                (a, b.clone().scaled(limit.0, unit, large.span), Some(b))
            }
            (None, Some((a, b))) => {
                let limit = self.limit(small, reach)?;
                let unit = self.times_unit(b.unit, limit.1, small.span)?;
                (b.clone().scaled(limit.0, unit, small.span), a, Some(b))
            }
            (Some(_), Some(_)) => {
                return Err(Complaint::new(
                    span,
                    "both sides are ratios of the book",
                    "a product of two totals",
                )
                .help("compare a ratio with a constant: `a / b <= 3`"));
            }
        };
        let unit = self.same_unit(&small, &large, span)?;
        if small.constant().is_some() && large.constant().is_some() {
            return Err(Complaint::new(span, "this says nothing about the book", "both sides are constants")
                .help("a rule bounds a quantity of the book, such as `gross(all)` or `nav`"));
        }
        one_sided(&small, true)?;
        one_sided(&large, false)?;
        one_exceed(&small, &large, family)?;
        if let Some(b) = denominator {
            let unit_one = BigRational::one();
            let span = b.span;
            one_sided(&b, false)?;
            let family = if b.reads_block() { family } else { Family::Global };
            let small = Expr { node: Node::Const(unit_one), unit: b.unit, span };
            out.guards.push(Clause {
                family,
                unit: b.unit,
                small,
                large: b,
                strict: false,
                except: None,
                span,
            });
        }
        let strict = matches!(op, Comparison::Less | Comparison::More);
        out.clauses.push(Clause { family, small, large, strict, except: None, unit, span });
        Ok(())
    }

    /// The side `a / b` of two quantities of the book, as a ratio comparison is written.
    fn quotient(&self, side: &Syntax, reach: &Reach) -> Checked<Option<(Expr, Expr)>> {
        let Kind::Product(factors) = &side.kind else { return Ok(None) };
        for (at, (divide, below)) in factors.iter().enumerate() {
            if !divide {
                continue;
            }
            let b = self.expr(below, reach)?;
            if b.constant().is_none() {
                let mut above = factors.clone();
                above.remove(at);
                return Ok(Some((self.product(&above, side.span, reach)?, b)));
            }
        }
        Ok(None)
    }

    fn limit(&self, side: &Syntax, reach: &Reach) -> Checked<(BigRational, Unit)> {
        let e = self.expr(side, reach)?;
        match e.constant() {
            Some(c) => Ok((c.clone(), e.unit)),
            None => Err(Complaint::new(side.span, "a ratio is compared with a constant", "not a constant")
                .help("multiply out by hand: `a <= limit * b` with a constant limit")),
        }
    }

    fn times_unit(&self, a: Unit, b: Unit, span: Span) -> Checked<Unit> {
        match (a, b) {
            (Unit::Ratio, u) | (u, Unit::Ratio) => Ok(u),
            (Unit::Money, Unit::Money) => {
                Err(Complaint::new(span, "money times money is not a unit of this language", "money")
                    .help("one of the two should be a plain number or a percentage"))
            }
        }
    }

    /// The reference for the unit of a list after one more of its members: the first that is not the constant zero. The
    /// constant zero has every unit, so it is replaced as the reference and never replaces one; the next member is held
    /// against what stays, and nothing takes a zero between two units for a bridge.
    fn reference(&self, sofar: Option<Expr>, next: &Expr) -> Checked<Expr> {
        let Some(sofar) = sofar else { return Ok(next.clone()) };
        self.same_unit(&sofar, next, sofar.span.to(next.span))?;
        Ok(if sofar.constant().is_some_and(Zero::is_zero) { next.clone() } else { sofar })
    }

    /// The common unit of two sides; the constant zero has every unit.
    fn same_unit(&self, a: &Expr, b: &Expr, span: Span) -> Checked<Unit> {
        let zero = |e: &Expr| e.constant().is_some_and(Zero::is_zero);
        if a.unit == b.unit || zero(b) {
            Ok(a.unit)
        } else if zero(a) {
            Ok(b.unit)
        } else {
            let (a, b) = (a.unit.words(), b.unit.words());
            Err(Complaint::new(span, format!("{a} and {b} do not go together"), format!("{a} with {b}"))
                .help(format!(
                    "money is written with its unit: `5_000 {}`; a limit relative to the book as `25% * nav`",
                    self.model.currency
                )))
        }
    }

    fn expr(&self, syntax: &Syntax, reach: &Reach) -> Checked<Expr> {
        let span = syntax.span;
        match &syntax.kind {
            Kind::Number(value, unit) => self.number(value, unit.as_ref(), span),
            Kind::Name(name) => self.bare(name, span, reach),
            Kind::Negative(e) => {
                let e = self.expr(e, reach)?;
                let unit = e.unit;
                Ok(e.scaled(-BigRational::one(), unit, span))
            }
            Kind::Sum(terms) => self.sum_of(terms, span, reach),
            Kind::Product(factors) => self.product(factors, span, reach),
            Kind::Call { name, name_span, binder, args, compared, steps } => {
                if !matches!(name.as_str(), "sum" | "above" | "top" | "at_most")
                    && let Some(b) = binder
                {
                    return Err(Complaint::new(
                        b.name_span,
                        format!("`{name}` does not run over blocks"),
                        "only `sum`, `above` and `top` do",
                    )
                    .help(
                        "as in `sum(g in groups: worst(scenarios, g))`; a rule runs over blocks with `for`",
                    ));
                }
                if name != "tiers" && !steps.is_empty() {
                    return Err(Complaint::new(
                        *name_span,
                        format!("`{name}` takes no steps"),
                        "only `tiers` does",
                    ));
                }
                if !matches!(name.as_str(), "above" | "at_most")
                    && let Some(other) = compared
                {
                    return Err(Complaint::new(
                        other.1.span,
                        format!("`{name}` takes no comparison"),
                        "only `above` and `at_most` do",
                    )
                    .help("as in `above(u in underlyings: gross(u) > 5% * nav)`, the sum of those above"));
                }
                match (name.as_str(), binder) {
                    ("sum", Some(b)) => self.sum(b, args, span, reach),
                    ("sum", None) => Err(Complaint::new(span, "`sum` needs blocks to run over", "no blocks")
                        .help("as in `sum(g in groups: gross(g))`; to add a few things write `a + b`")),
                    ("tiers", _) => self.tiers(args, steps, span, reach),
                    ("max" | "min", _) => self.extreme(name == "max", args, span, reach),
                    ("abs" | "pos", _) => self.sided(name == "abs", args, span, reach),
                    ("worst", _) => self.worst(args, span, reach),
                    ("up" | "down", _) => self.rounded(name == "up", args, span, reach),
                    ("better", _) => self.better(args, span, reach),
                    ("above", Some(b)) => self.above(b, args, compared.as_deref(), span, reach),
                    ("top", Some(b)) => self.top(b, args, span, reach),
                    ("above" | "top", None) => {
                        Err(Complaint::new(span, format!("`{name}` needs blocks to run over"), "no blocks").help(
                            "as in `above(u in underlyings: gross(u) > 5% * nav)` and `top(3; u in underlyings: gross(u))`",
                        ))
                    }
                    ("uncovered" | "upside" | "expiry_loss", _) => self.peak(name, args, span, reach),
                    ("shortfall", _) => self.shortfall(args, span, reach),
                    ("exceed", _) => self.exceed(args, span, reach),
                    ("at_most", _) => Err(Complaint::new(span, "`at_most` is a whole rule", "inside another")
                        .help("as in `at_most(2; u in underlyings: gross(u) <= 10% * nav)`")),
                    _ => self.column(name, *name_span, args, span, reach),
                }
            }
        }
    }

    fn number(&self, value: &Decimal, unit: Option<&(String, Span)>, span: Span) -> Checked<Expr> {
        let value = rational(value);
        let (value, unit) = match unit {
            None => (value, Unit::Ratio),
            Some((u, _)) if u == "%" => (value / BigRational::from(BigInt::from(100)), Unit::Ratio),
            Some((u, _)) if u == "bps" => (value / BigRational::from(BigInt::from(10_000)), Unit::Ratio),
            Some((u, _)) if u == self.model.currency => {
                let units = BigInt::from(10u8).pow(u32::from(self.model.money_places));
                (value * BigRational::from(units), Unit::Money)
            }
            Some((u, at)) => {
                return Err(Complaint::new(*at, format!("`{u}` is not a unit"), "not a unit").help(format!(
                    "units are `%`, `bps` and `{}`; to multiply write `3 * nav`",
                    self.model.currency
                )));
            }
        };
        Ok(Expr { node: Node::Const(value), unit, span })
    }

    fn bare(&self, name: &str, span: Span, reach: &Reach) -> Checked<Expr> {
        if name == "nav" {
            return Ok(Expr { node: Node::Column { column: 0, scope: Scope::All }, unit: Unit::Money, span });
        }
        let complaint = Complaint::new(span, format!("`{name}` is not a quantity"), "not a quantity");
        let is_block = name == "all" || reach.inner.as_ref().is_some_and(|(n, _)| n == name);
        Err(if is_block {
            complaint.help(format!("a block is measured by a column: `gross({name})`"))
        } else if self.named(name).is_some() {
            complaint
                .help(format!("say of what: `{name}(all)`, or of a block: `for g in groups: {name}(g) ...`"))
        } else {
            complaint.help(self.vocabulary())
        })
    }

    fn vocabulary(&self) -> String {
        let names: Vec<&str> =
            self.model.columns.iter().filter(|c| self.named(c.name).is_some()).map(|c| c.name).collect();
        format!(
            "there are `nav`, `net`, `{}`, and `worst`, `shortfall`, `exceed`, `uncovered`, `upside`, `expiry_loss`, `sum`, `above`, `top`, `max`, `min`, `better`, \
             `abs`, `pos`, `tiers`, `up`, `down`",
            names.join("`, `")
        )
    }

    /// A money column by its name in the language.
    fn named(&self, name: &str) -> Option<usize> {
        let name = match name {
            "nav" => "value",
            "net" => "delta",
            n => n,
        };
        let (column, def) = self.model.column(name)?;
        (def.unit == mandate_market::Unit::Money).then_some(column)
    }

    fn column(
        &self,
        name: &str,
        name_span: Span,
        args: &[Syntax],
        span: Span,
        reach: &Reach,
    ) -> Checked<Expr> {
        let Some(column) = self.named(name) else {
            let complaint = Complaint::new(name_span, format!("there is no `{name}`"), "not in the language");
            return Err(if self.model.column(name).is_some() {
                complaint.help("that column counts lots, which mean nothing across instruments; it is the compiler's own")
            } else {
                complaint.help(self.vocabulary())
            });
        };
        let [arg] = args else {
            return Err(Complaint::new(span, format!("`{name}` takes one block"), "wanted one block")
                .help(format!("as in `{name}(all)`")));
        };
        let scope = self.scope(arg, reach)?;
        Ok(Expr { node: Node::Column { column, scope }, unit: Unit::Money, span })
    }

    fn scope(&self, arg: &Syntax, reach: &Reach) -> Checked<Scope> {
        let Kind::Name(name) = &arg.kind else {
            return Err(Complaint::new(arg.span, "this is not a block", "wanted a block")
                .help("write `all` for the whole book, or the name that `for` or `sum` gives"));
        };
        if name == "all" {
            return Ok(Scope::All);
        }
        if reach.inner.as_ref().is_some_and(|(n, _)| n == name) {
            return Ok(Scope::Block);
        }
        let complaint = Complaint::new(arg.span, format!("`{name}` is not a block in reach"), "not in reach");
        Err(if reach.outer.contains(name) {
            complaint.help("inside a sum only the sum's own block and `all` can be read")
        } else {
            match &reach.inner {
                Some((n, f)) => complaint.help(format!("in reach are `all` and `{n}` ({})", block(*f))),
                None => {
                    complaint.help(
                        "in reach is `all`; a rule runs over blocks with `for g in groups: ...` and is the same for each: none \
                         is named, as a sheet serves every book",
                    )
                }
            }
        })
    }

    fn sum_of(&self, terms: &[(bool, Syntax)], span: Span, reach: &Reach) -> Checked<Expr> {
        let mut out: Vec<Expr> = Vec::new();
        let mut constant: Option<BigRational> = None;
        let mut reference: Option<Expr> = None;
        for (minus, term) in terms {
            let mut e = self.expr(term, reach)?;
            reference = Some(self.reference(reference, &e)?);
            if *minus {
                let (u, s) = (e.unit, e.span);
                e = e.scaled(-BigRational::one(), u, s);
            }
            match e.constant() {
                Some(c) => constant = Some(constant.map_or_else(|| c.clone(), |sofar| sofar + c)),
                None => out.push(e),
            }
        }
        let unit = reference.map_or(Unit::Ratio, |e| e.unit);
        // Constants are folded into one of the sum's own unit: the first of them may have been a zero of any.
        out.extend(constant.map(|c| Expr { node: Node::Const(c), unit, span }));
        if out.len() == 1 {
            let mut only = out.remove(0);
            only.unit = unit;
            only.span = span;
            return Ok(only);
        }
        Ok(Expr { node: Node::Add(out), unit, span })
    }

    fn product(&self, factors: &[(bool, Syntax)], span: Span, reach: &Reach) -> Checked<Expr> {
        let mut factor = BigRational::one();
        let mut unit = Unit::Ratio;
        let mut book: Option<Expr> = None;
        for (divide, syntax) in factors {
            let e = self.expr(syntax, reach)?;
            let whole = factors[0].1.span.to(syntax.span);
            if *divide {
                let Some(c) = e.constant() else {
                    return Err(Complaint::new(
                        syntax.span,
                        "division by a quantity of the book",
                        "not a constant",
                    )
                    .help("a ratio is one whole side of a comparison: `gross(all) / nav <= 3`"));
                };
                if c.is_zero() {
                    return Err(Complaint::new(syntax.span, "division by zero", "zero"));
                }
                unit = match (unit, e.unit) {
                    (u, Unit::Ratio) => u,
                    (Unit::Money, Unit::Money) => Unit::Ratio,
                    (Unit::Ratio, Unit::Money) => {
                        return Err(Complaint::new(
                            whole,
                            "a number divided by money has no meaning here",
                            "money below",
                        )
                        .help("the amount that is divided comes first"));
                    }
                };
                factor /= c;
                continue;
            }
            if e.constant().is_none() && book.is_some() {
                return Err(Complaint::new(whole, "a product of two quantities of the book", "not linear")
                    .help("one of the two must be a constant: rows are sums with public coefficients"));
            }
            unit = self.times_unit(unit, e.unit, whole)?;
            match e.constant() {
                Some(c) => factor *= c,
                None => book = Some(e),
            }
        }
        Ok(match book {
            Some(e) => e.scaled(factor, unit, span),
            None => Expr { node: Node::Const(factor), unit, span },
        })
    }
}

/// Refuses what a one-sided bound would not prove, with the reason.
fn one_sided(side: &Expr, upper: bool) -> Checked<()> {
    let Some(part) = side.offender(upper) else { return Ok(()) };
    let name = part.construct();
    Err(Complaint::new(
        part.span,
        format!("{name} stands on the side where its bound proves nothing"),
        "bounded on the other side only",
    )
    .help(
        "max, abs, pos, tiers, worst, shortfall, exceed, uncovered, upside, expiry_loss, above, top, up and better are \
         bounded from above, so they stand only where a large value is what the rule forbids: on the smaller side of a comparison, or subtracted on the \
         larger; min and down are their mirror image",
    ))
}

/// `exceed` stands once in a comparison, as a term of its own: its bits say which scenarios break the comparison itself.
fn one_exceed(small: &Expr, large: &Expr, family: Family) -> Checked<()> {
    let terms: Vec<&Expr> = small.terms().into_iter().chain(large.terms()).collect();
    let mut all = terms.iter().filter_map(|e| e.exceed().map(|found| (std::ptr::eq(*e, found), found)));
    let Some((alone, first)) = all.next() else { return Ok(()) };
    let complaint = if !alone {
        Complaint::new(first.span, "`exceed` stands inside another construct", "not a term of its own")
    } else if let Some((_, second)) = all.next() {
        Complaint::new(second.span, "two `exceed` in one comparison", "the second")
    } else if family != Family::Global {
        Complaint::new(first.span, "`exceed` stands in a rule over blocks", "only of the whole book")
    } else {
        return Ok(());
    };
    Err(complaint.help(
        "its bits mark the scenarios in which the comparison may fail, so it is one term of one comparison over the whole \
         book: `exceed(3, scenarios, all) <= 20% * nav`",
    ))
}
