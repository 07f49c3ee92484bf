//! What `worst`, `sum`, `max`, `min`, `abs`, `pos` and `tiers` mean.

use super::{Checked, Checker, Reach, family_of};
use crate::error::Span;
use crate::lex::Complaint;
use crate::parse::{Binder, Kind, Syntax};
use crate::tree::{Expr, Node, Scope, Step, Unit, block};
use mandate_statement::{Family, Mode};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

impl Checker {
    pub(super) fn worst(&self, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let form = "as in `worst(scenarios, g)`, with a group, a venue or `all`";
        let [which, of] = args else {
            return Err(
                Complaint::new(span, "`worst` takes the scenarios and a block", "wanted two").help(form)
            );
        };
        if !matches!(&which.kind, Kind::Name(n) if n == "scenarios") {
            return Err(
                Complaint::new(which.span, "there is one list: `scenarios`", "wanted `scenarios`").help(form)
            );
        }
        let scope = self.scope(of, reach)?;
        if scope == Scope::Block
            && let Some((_, family)) = &reach.inner
            && !family.has_worst()
        {
            let why = format!("there is no worst loss of one {}", block(*family));
            return Err(Complaint::new(of.span, why, "wanted a group, a venue or `all`")
                .help("across venues a gain at one would pay a loss at another; use `groups` or `venues`"));
        }
        Ok(Expr { node: Node::Worst(scope), unit: Unit::Money, span })
    }

    /// The family that a sum runs over, and what is in reach inside it.
    pub(super) fn inside(&self, b: &Binder, span: Span, reach: &Reach) -> Checked<(Family, Reach)> {
        let family = family_of(b)?;
        self.fresh(b)?;
        if reach.in_sum {
            return Err(Complaint::new(span, "a sum inside a sum", "the inner sum")
                .help("sums run once over groups, venues or underlyings; write the inner one outside"));
        }
        if family == Family::Slot {
            return Err(Complaint::new(
                b.domain_span,
                "sums do not run over instruments",
                "wanted larger blocks",
            )
            .help("a column of `all` is already the sum over instruments; otherwise sum over groups"));
        }
        let mut outer = reach.outer.clone();
        if let Some((n, _)) = &reach.inner {
            if *n == b.name {
                return Err(Complaint::new(b.name_span, format!("`{n}` already names a block"), "taken")
                    .help("give the sum's block another name"));
            }
            outer.push(n.clone());
        }
        Ok((family, Reach { inner: Some((b.name.clone(), family)), outer, in_sum: true }))
    }

    pub(super) fn sum(&self, b: &Binder, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let (family, inner) = self.inside(b, span, reach)?;
        let [body] = args else {
            return Err(Complaint::new(span, "`sum` takes one expression", "wanted one")
                .help("as in `sum(g in groups: worst(scenarios, g))`"));
        };
        let body = self.expr(body, &inner)?;
        let unit = body.unit;
        Ok(Expr { node: Node::Sum { family, body: Box::new(body) }, unit, span })
    }

    pub(super) fn extreme(&self, max: bool, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let name = if max { "max" } else { "min" };
        if args.is_empty() {
            return Err(Complaint::new(
                span,
                format!("`{name}` of nothing"),
                "wanted at least one expression",
            ));
        }
        let mut list: Vec<Expr> = Vec::new();
        let mut reference: Option<Expr> = None;
        for arg in args {
            let mut e = self.expr(arg, reach)?;
            reference = Some(self.reference(reference, &e)?);
            if !max {
                let (u, s) = (e.unit, e.span);
                e = e.scaled(-BigRational::one(), u, s);
            }
            list.push(e);
        }
        let unit = reference.map_or(Unit::Ratio, |e| e.unit);
        list.iter_mut().for_each(|e| e.unit = unit);
        let whole: Option<Vec<BigRational>> = list.iter().map(|e| e.constant().cloned()).collect();
        let node = match whole.and_then(|c| c.into_iter().max()) {
            Some(c) => Node::Const(c),
            None => Node::Max(list),
        };
        let e = Expr { node, unit, span };
        // min(a, b) = -max(-a, -b)
        Ok(if max { e } else { e.scaled(-BigRational::one(), unit, span) })
    }

    pub(super) fn sided(&self, abs: bool, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let name = if abs { "abs" } else { "pos" };
        let [arg] = args else {
            return Err(Complaint::new(span, format!("`{name}` takes one expression"), "wanted one"));
        };
        let e = self.expr(arg, reach)?;
        let unit = e.unit;
        let node = match e.constant() {
            Some(c) if abs => Node::Const(c.abs()),
            Some(c) => Node::Const(c.clone().max(BigRational::zero())),
            None if abs => Node::Abs(Box::new(e)),
            None => Node::Positive(Box::new(e)),
        };
        Ok(Expr { node, unit, span })
    }

    pub(super) fn tiers(
        &self,
        args: &[Syntax],
        steps: &[(Syntax, Syntax)],
        span: Span,
        reach: &Reach,
    ) -> Checked<Expr> {
        let form = format!(
            "as in `tiers(gross(g); 0 {c}: 0.4%, 50_000 {c}: 0.5%)`: each rate applies to what lies above its amount",
            c = self.model.currency
        );
        let ([arg], false) = (args, steps.is_empty()) else {
            return Err(Complaint::new(
                span,
                "`tiers` takes one expression and steps",
                "wanted `e; from: rate, ...`",
            )
            .help(form));
        };
        let mut arg = self.expr(arg, reach)?;
        let mut reference = arg.clone();
        let mut out: Vec<Step> = Vec::new();
        for (from, rate) in steps {
            let (f, r) = (self.expr(from, reach)?, self.expr(rate, reach)?);
            let (Some(fc), Some(rc)) = (f.constant(), r.constant()) else {
                return Err(Complaint::new(
                    from.span.to(rate.span),
                    "a step is made of constants",
                    "not a constant",
                )
                .help(form));
            };
            self.same_unit(&reference, &f, from.span)?;
            reference = self.reference(Some(reference), &f)?;
            if r.unit != Unit::Ratio {
                return Err(
                    Complaint::new(rate.span, "a rate is a plain number or a percentage", "money").help(form)
                );
            }
            if rc.is_negative() {
                return Err(Complaint::new(rate.span, "a rate below zero", "negative")
                    .help("rates are not negative and do not fall, so that the charge is convex"));
            }
            if let Some(last) = out.last() {
                if *fc <= last.from {
                    return Err(Complaint::new(
                        from.span,
                        "steps are in growing order",
                        "not above the step before",
                    ));
                }
                if *rc < last.rate {
                    return Err(Complaint::new(
                        rate.span,
                        "rates that fall make the charge concave",
                        "lower than before",
                    )
                    .help("a witness bounds a charge from above only where rates do not fall with size"));
                }
            }
            out.push(Step { from: fc.clone(), rate: rc.clone() });
        }
        let floor = !self.never_negative(&arg) || out[0].from.is_positive();
        let unit = reference.unit;
        arg.unit = unit;
        Ok(Expr { node: Node::Tiers { arg: Box::new(arg), steps: out, floor }, unit, span })
    }

    /// Whether the value cannot be negative, by its form alone: columns of `|q|`, longs and shorts have weights that are
    /// not negative, and `abs` and `pos` speak for themselves.
    pub(super) fn never_negative(&self, e: &Expr) -> bool {
        match &e.node {
            Node::Const(c) => !c.is_negative(),
            Node::Column { column, .. } => {
                !matches!(self.model.columns[*column].mode, Mode::Signed | Mode::Scenario)
            }
            Node::Abs(_) | Node::Positive(_) => true,
            Node::Tiers { .. } => true,
            Node::Above { .. } | Node::Top { .. } | Node::Peak { .. } => true,
            Node::Worst(_) | Node::Shortfall { .. } | Node::Exceed { .. } => false,
            Node::Sum { body, .. } => self.never_negative(body),
            Node::Up { arg, .. } => self.never_negative(arg),
            Node::Better(a, b) => self.never_negative(a) && self.never_negative(b),
            Node::Max(list) => list.iter().any(|e| self.never_negative(e)),
            Node::Add(list) => list.iter().all(|e| self.never_negative(e)),
            Node::Scale(c, e) => !c.is_negative() && self.never_negative(e),
        }
    }
}
