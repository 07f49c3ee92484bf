//! What `up`, `down`, `better`, `above`, `at_most`, `top`, `shortfall` and `exceed` mean.

use super::{Checked, Checker, Reach};
use crate::error::Span;
use crate::lex::Complaint;
use crate::parse::{Binder, Comparison, Holds, Kind, Syntax};
use crate::tree::{Expr, Node, Scope, Unit};
use mandate_statement::{Family, Runs};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};

/// More blocks than any shape has of a family.
const MOST_BLOCKS: usize = 1024;

impl Checker {
    /// A whole number from `least` to `most`, written as a constant.
    fn count(&self, syntax: &Syntax, least: usize, most: usize, reach: &Reach, form: &str) -> Checked<usize> {
        let e = self.expr(syntax, reach)?;
        let whole = e.constant().filter(|c| e.unit == Unit::Ratio && c.is_integer());
        match whole.and_then(|c| c.to_integer().to_usize()).filter(|n| (least..=most).contains(n)) {
            Some(n) => Ok(n),
            None => Err(Complaint::new(
                syntax.span,
                format!("this is not a whole number from {least} to {most}"),
                "wanted a count",
            )
            .help(form)),
        }
    }

    /// `scenarios, all`, the two last arguments of a measure of the book's scenario losses.
    fn of_the_book(&self, which: &Syntax, of: &Syntax, reach: &Reach, form: &str) -> Checked<()> {
        if !matches!(&which.kind, Kind::Name(n) if n == "scenarios") {
            return Err(
                Complaint::new(which.span, "there is one list: `scenarios`", "wanted `scenarios`").help(form)
            );
        }
        if !matches!(&of.kind, Kind::Name(n) if n == "all") {
            self.scope(of, reach)?;
            return Err(Complaint::new(of.span, "only of the whole book", "wanted `all`").help(
                "of one block there is `worst`, the largest loss; the others need every scenario of it in rows",
            ));
        }
        Ok(())
    }

    pub(super) fn exceptions(
        &self,
        k: &Syntax,
        holds: &Holds,
        family: Family,
        reach: &Reach,
    ) -> Checked<usize> {
        if family == Family::Slot
            && let Some(b) = &holds.binder
        {
            return Err(Complaint::new(b.domain_span, "instruments are not counted", "wanted larger blocks")
                .help("no shape has a bit for each instrument; count `groups`, `venues` or `underlyings`"));
        }
        let form =
            "as in `at_most(2; u in underlyings: gross(u) <= 10% * nav)`: all underlyings but 2 keep it";
        self.count(k, 0, MOST_BLOCKS, reach, form)
    }

    pub(super) fn rounded(&self, up: bool, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let name = if up { "up" } else { "down" };
        let form = format!("as in `{name}(5% * gross(all), 0.01 {})`", self.model.currency);
        let [arg, step] = args else {
            return Err(Complaint::new(
                span,
                format!("`{name}` takes an expression and a step"),
                "wanted two",
            )
            .help(form));
        };
        let (mut arg, step_of) = (self.expr(arg, reach)?, self.expr(step, reach)?);
        let Some(step) = step_of.constant().filter(|c| c.is_positive()).cloned() else {
            return Err(Complaint::new(step.span, "a step is a constant above zero", "not a step").help(form));
        };
        let unit = self.same_unit(&arg, &step_of, span)?;
        arg.unit = unit;
        if !up {
            arg = arg.scaled(-BigRational::one(), unit, span);
        }
        let node = match arg.constant() {
            Some(c) => Node::Const((c / &step).ceil() * &step),
            None => Node::Up { arg: Box::new(arg), step },
        };
        let e = Expr { node, unit, span };
        // down(e) = -up(-e)
        Ok(if up { e } else { e.scaled(-BigRational::one(), unit, span) })
    }

    pub(super) fn better(&self, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let [a, b] = args else {
            return Err(Complaint::new(span, "`better` takes two expressions", "wanted two").help(
                "as in `better(worst(scenarios, g), 10% * gross(g))`; for more, put one inside another",
            ));
        };
        let (mut a, mut b) = (self.expr(a, reach)?, self.expr(b, reach)?);
        let unit = self.same_unit(&a, &b, span)?;
        (a.unit, b.unit) = (unit, unit);
        let node = match (a.constant(), b.constant()) {
            (Some(c), Some(d)) => Node::Const(c.min(d).clone()),
            _ => Node::Better(Box::new(a), Box::new(b)),
        };
        Ok(Expr { node, unit, span })
    }

    pub(super) fn above(
        &self,
        b: &Binder,
        args: &[Syntax],
        compared: Option<&(Comparison, Syntax)>,
        span: Span,
        reach: &Reach,
    ) -> Checked<Expr> {
        let (family, inner) = self.inside(b, span, reach)?;
        let form = "as in `above(u in underlyings: gross(u) > 5% * nav)`: the sum of those that are above";
        let ([body], Some((op, threshold))) = (args, compared) else {
            return Err(Complaint::new(span, "`above` takes one comparison", "wanted one").help(form));
        };
        if *op != Comparison::More {
            let whole = body.span.to(threshold.span);
            return Err(Complaint::new(whole, "`above` counts what is strictly above: `>`", "another comparison")
                .help(
                    "what is exactly at the threshold is not above it; where it should be, lower the threshold by one unit",
                ));
        }
        let (mut body, mut threshold) = (self.expr(body, &inner)?, self.expr(threshold, &inner)?);
        let unit = self.same_unit(&body, &threshold, span)?;
        (body.unit, threshold.unit) = (unit, unit);
        self.counted(&body, "above")?;
        Ok(Expr {
            node: Node::Above { family, body: Box::new(body), threshold: Box::new(threshold) },
            unit,
            span,
        })
    }

    pub(super) fn top(&self, b: &Binder, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let (family, inner) = self.inside(b, span, reach)?;
        let form = "as in `top(3; u in underlyings: gross(u))`: the sum of the three largest";
        let [count, body] = args else {
            return Err(
                Complaint::new(span, "`top` takes a count and one expression", "wanted two").help(form)
            );
        };
        let count = self.count(count, 1, MOST_BLOCKS, reach, form)?;
        let body = self.expr(body, &inner)?;
        self.counted(&body, "top")?;
        let unit = body.unit;
        Ok(Expr { node: Node::Top { count, family, body: Box::new(body) }, unit, span })
    }

    /// What is left out of a sum must not be negative: leaving it out would make the sum larger, and the largest would not
    /// be the ones that count.
    fn counted(&self, body: &Expr, name: &str) -> Checked<()> {
        if body.constant().is_some() {
            return Err(Complaint::new(body.span, "this says nothing about the blocks", "a constant")
                .help(format!("`{name}` adds up a quantity of the block, such as `gross(u)`")));
        }
        if self.never_negative(body) {
            return Ok(());
        }
        Err(Complaint::new(body.span, format!("`{name}` adds up what is not negative by its form"), "can be negative")
            .help(
                "columns of `|q|`, longs and shorts cannot be negative; of others take `pos(...)` or `abs(...)`, which say \
                 what a negative one counts for",
            ))
    }

    pub(super) fn peak(&self, name: &str, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let form = format!("as in `{name}(u)`, with a group, a venue, an underlying or `all`");
        let [of] = args else {
            return Err(
                Complaint::new(span, format!("`{name}` takes one block"), "wanted one block").help(form)
            );
        };
        let scope = self.scope(of, reach)?;
        if scope == Scope::Block && reach.inner.as_ref().is_some_and(|(_, family)| *family == Family::Slot) {
            return Err(Complaint::new(
                of.span,
                format!("`{name}` of one instrument"),
                "wanted a larger block",
            )
            .help("it is about the options of an expiry together"));
        }
        let peak = match name {
            "uncovered" => Runs::UNCOVERED,
            "upside" => Runs::UPSIDE,
            _ => Runs::EXPIRY_LOSS,
        };
        Ok(Expr { node: Node::Peak { peak, scope }, unit: Unit::Money, span })
    }

    pub(super) fn shortfall(&self, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let form =
            "as in `shortfall(2.5%, scenarios, all)`: the mean of the worst 2.5% of the scenario losses";
        let [share, which, of] = args else {
            return Err(Complaint::new(
                span,
                "`shortfall` takes a share, the scenarios and `all`",
                "wanted three",
            )
            .help(form));
        };
        self.of_the_book(which, of, reach, form)?;
        let e = self.expr(share, reach)?;
        let one = BigRational::one();
        let lawful = |c: &&BigRational| e.unit == Unit::Ratio && c.is_positive() && **c <= one;
        let Some(share) = e.constant().filter(lawful).cloned() else {
            return Err(Complaint::new(
                share.span,
                "a tail share is above 0% and at most 100%",
                "not a share",
            )
            .help(form));
        };
        Ok(Expr { node: Node::Shortfall { share }, unit: Unit::Money, span })
    }

    pub(super) fn exceed(&self, args: &[Syntax], span: Span, reach: &Reach) -> Checked<Expr> {
        let form = "as in `exceed(3, scenarios, all) <= 20% * nav`: at most 3 scenarios lose more";
        let [allowed, which, of] = args else {
            return Err(Complaint::new(
                span,
                "`exceed` takes how many may, the scenarios and `all`",
                "wanted three",
            )
            .help(form));
        };
        self.of_the_book(which, of, reach, form)?;
        let most = self.model.distinct_scenarios().len().saturating_sub(1);
        let allowed = self.count(allowed, 0, most, reach, form)?;
        Ok(Expr { node: Node::Exceed { allowed }, unit: Unit::Money, span })
    }
}
