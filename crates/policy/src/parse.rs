//! Text of a rule to a syntax tree.

use crate::error::Span;
use crate::lex::{Complaint, Token, lex};
use mandate_numeric::Decimal;

/// Deepest nesting of parentheses, calls and signs.
const DEPTH: usize = 24;
/// Longest expression, in bytes.
pub(crate) const LENGTH: usize = 4096;

#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Number(Decimal, Option<(String, Span)>),
    Name(String),
    /// `name(binder: args; steps)`, `name(args; binder: args)`.
    Call {
        name: String,
        name_span: Span,
        binder: Option<Binder>,
        args: Vec<Syntax>,
        /// What the last argument after a binder is compared with.
        compared: Option<Box<(Comparison, Syntax)>>,
        steps: Vec<(Syntax, Syntax)>,
    },
    /// Terms with `true` for minus.
    Sum(Vec<(bool, Syntax)>),
    /// Factors with `true` for division.
    Product(Vec<(bool, Syntax)>),
    Negative(Box<Syntax>),
}

#[derive(Clone, Debug)]
pub(crate) struct Binder {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    pub(crate) domain: String,
    pub(crate) domain_span: Span,
}

/// How two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtMost,
    AtLeast,
    Less,
    More,
}

#[derive(Debug)]
pub(crate) struct Holds {
    pub(crate) binder: Option<Binder>,
    /// How many blocks may break the comparison, in `at_most(k; ...)`.
    pub(crate) except: Option<Syntax>,
    pub(crate) comparisons: Vec<(Syntax, Comparison, Syntax)>,
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, Complaint>;

fn start(text: &str) -> Parsed<Parser> {
    if text.len() > LENGTH {
        return Err(Complaint::new(
            Span { start: LENGTH, end: text.len() },
            format!("the rule is {} bytes; at most {LENGTH} are read", text.len()),
            "too long",
        )
        .help("split it into several rules"));
    }
    Ok(Parser { tokens: lex(text)?, at: 0, depth: 0 })
}

/// A whole rule: `[for x in blocks:] a <= b [and c <= d ...]`, or `at_most(k; x in blocks: a <= b)`.
pub(crate) fn holds(text: &str) -> Parsed<Holds> {
    let mut p = start(text)?;
    if matches!(p.peek(), Token::Name(n) if n == "at_most")
        && matches!(p.tokens.get(1), Some((Token::Open, _)))
    {
        return p.at_most();
    }
    let binder = if p.eat_name("for") {
        let binder = p.binder()?;
        p.expect(&Token::Colon)?;
        Some(binder)
    } else {
        None
    };
    let mut comparisons = vec![p.comparison()?];
    while p.eat_name("and") {
        comparisons.push(p.comparison()?);
    }
    p.end()?;
    Ok(Holds { binder, except: None, comparisons })
}

/// An expression and nothing else.
pub(crate) fn expression(text: &str) -> Parsed<Syntax> {
    let mut p = start(text)?;
    let e = p.sum()?;
    p.end()?;
    Ok(e)
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }
    fn span(&self) -> Span {
        self.tokens[self.at].1
    }
    fn before(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].1
    }
    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }
    fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        if found {
            self.advance();
        }
        found
    }
    fn eat_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(n) if n == name);
        if found {
            self.advance();
        }
        found
    }
    fn unexpected(&self, wanted: &str) -> Complaint {
        let found = self.peek().show();
        Complaint::new(self.span(), format!("found {found}, wanted {wanted}"), format!("wanted {wanted}"))
    }
    fn expect(&mut self, token: &Token) -> Parsed<Span> {
        let span = self.span();
        if self.eat(token) { Ok(span) } else { Err(self.unexpected(&token.show())) }
    }
    fn name(&mut self, wanted: &str) -> Parsed<(String, Span)> {
        let span = self.span();
        let Token::Name(name) = self.peek() else { return Err(self.unexpected(wanted)) };
        let name = name.clone();
        self.advance();
        Ok((name, span))
    }
    fn end(&self) -> Parsed<()> {
        let complaint = self.unexpected("the end of the rule");
        match self.peek() {
            Token::End => Ok(()),
            Token::AtMost | Token::AtLeast | Token::Less | Token::More => {
                Err(complaint.help("a comparison has two sides; join several with `and`: `a <= b and b <= c`"))
            }
            Token::Name(n) if n == "or" => Err(complaint.help(
                "a proof that one of two rules holds would hide which; write the stricter one, or two mandates",
            )),
            Token::Name(n) if n == "for" => {
                Err(complaint.help("`for` stands once, at the front: `for g in groups: a <= b and c <= d`"))
            }
            _ => Err(complaint),
        }
    }
    fn binder(&mut self) -> Parsed<Binder> {
        let (name, name_span) = self.name("a name for the block, as in `g in groups`")?;
        if !self.eat_name("in") {
            return Err(self.unexpected("`in`").help("blocks are named like this: `for g in groups: ...`"));
        }
        let (domain, domain_span) = self.name("`groups`, `venues`, `underlyings` or `instruments`")?;
        Ok(Binder { name, name_span, domain, domain_span })
    }
    fn comparison(&mut self) -> Parsed<(Syntax, Comparison, Syntax)> {
        if matches!(self.peek(), Token::Name(n) if n == "for") {
            return Err(self
                .unexpected("a comparison")
                .help("`for` stands once, at the front of the rule; write one rule per `for`"));
        }
        let left = self.sum()?;
        let Some(op) = self.operator() else {
            return Err(self
                .unexpected("a comparison: `<=`, `>=`, `<` or `>`")
                .help("a rule compares two sides, as in `gross(all) <= 3 * nav`"));
        };
        self.advance();
        Ok((left, op, self.sum()?))
    }
    /// `at_most(k; x in blocks: a <= b)`, a whole rule.
    fn at_most(&mut self) -> Parsed<Holds> {
        self.advance();
        self.advance();
        let except = self.sum()?;
        let form =
            "as in `at_most(2; u in underlyings: gross(u) <= 10% * nav)`: the rule holds for all but so many";
        if !self.eat(&Token::Semicolon) {
            return Err(self.unexpected("`;` and blocks").help(form));
        }
        let binder = self.binder()?;
        self.expect(&Token::Colon)?;
        let comparison = self.comparison()?;
        if matches!(self.peek(), Token::Name(n) if n == "and") {
            return Err(self
                .unexpected("`)`")
                .help("`at_most` counts one comparison; write one rule for each"));
        }
        self.expect(&Token::Close)?;
        if matches!(self.peek(), Token::Name(n) if n == "and") {
            return Err(self
                .unexpected("the end of the rule")
                .help("`at_most` is a whole rule; what else must hold is another rule"));
        }
        self.end()?;
        Ok(Holds { binder: Some(binder), except: Some(except), comparisons: vec![comparison] })
    }
    fn operator(&self) -> Option<Comparison> {
        Some(match self.peek() {
            Token::AtMost => Comparison::AtMost,
            Token::AtLeast => Comparison::AtLeast,
            Token::Less => Comparison::Less,
            Token::More => Comparison::More,
            _ => return None,
        })
    }
    /// Whether `name in` comes next.
    fn binds(&self) -> bool {
        let named = matches!(self.peek(), Token::Name(_));
        named && matches!(self.tokens.get(self.at + 1), Some((Token::Name(n), _)) if n == "in")
    }
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            return Err(Complaint::new(
                self.span(),
                format!("more than {DEPTH} levels of nesting"),
                "too deep",
            )
            .help("split the rule, or leave out parentheses"));
        }
        self.depth += 1;
        let out = inner(self);
        self.depth -= 1;
        out
    }
    fn sum(&mut self) -> Parsed<Syntax> {
        self.deeper(|p| {
            let first = p.product()?;
            let mut terms = vec![(false, first)];
            loop {
                let minus = match p.peek() {
                    Token::Plus => false,
                    Token::Minus => true,
                    _ => break,
                };
                p.advance();
                terms.push((minus, p.product()?));
            }
            Ok(gather(terms, Kind::Sum))
        })
    }
    fn product(&mut self) -> Parsed<Syntax> {
        let first = self.unary()?;
        let mut factors = vec![(false, first)];
        loop {
            let divide = match self.peek() {
                Token::Star => false,
                Token::Slash => true,
                _ => break,
            };
            self.advance();
            factors.push((divide, self.unary()?));
        }
        Ok(gather(factors, Kind::Product))
    }
    fn unary(&mut self) -> Parsed<Syntax> {
        let span = self.span();
        if self.eat(&Token::Minus) {
            let inner = self.deeper(Self::unary)?;
            return Ok(Syntax { span: span.to(inner.span), kind: Kind::Negative(Box::new(inner)) });
        }
        self.primary()
    }
    fn primary(&mut self) -> Parsed<Syntax> {
        let span = self.span();
        match self.peek().clone() {
            Token::Number(n) => {
                self.advance();
                let unit_span = self.span();
                let unit = match self.peek() {
                    Token::Percent => Some("%".to_owned()),
                    Token::Name(u) if !matches!(u.as_str(), "and" | "or" | "in" | "for") => Some(u.clone()),
                    _ => None,
                };
                if unit.is_some() {
                    self.advance();
                }
                let span = span.to(self.before());
                Ok(Syntax { span, kind: Kind::Number(n, unit.map(|u| (u, unit_span))) })
            }
            Token::Open => {
                self.advance();
                let mut inner = self.sum()?;
                let close = self.expect(&Token::Close)?;
                inner.span = span.to(close);
                Ok(inner)
            }
            Token::Name(name) => {
                self.advance();
                if self.eat(&Token::Open) {
                    return self.call(name, span);
                }
                Ok(Syntax { span, kind: Kind::Name(name) })
            }
            _ => Err(self.unexpected("a number, a quantity of the book, or `(`")),
        }
    }
    fn call(&mut self, name: String, name_span: Span) -> Parsed<Syntax> {
        let mut binder = self.bound()?;
        if let Some(b) = binder.as_ref().filter(|_| name == "top") {
            return Err(Complaint::new(b.name_span, "`top` says first how many", "blocks before the number")
                .help("as in `top(3; u in underlyings: gross(u))`"));
        }
        let (mut args, mut steps, mut compared) = (Vec::new(), Vec::new(), None);
        if *self.peek() != Token::Close {
            args.push(self.sum()?);
            compared = self.compared()?;
            while self.eat(&Token::Comma) {
                args.push(self.sum()?);
            }
            let more = self.eat(&Token::Semicolon);
            if more && binder.is_none() && compared.is_none() && self.binds() {
                binder = self.bound()?;
                args.push(self.sum()?);
                compared = self.compared()?;
            } else if more {
                loop {
                    let from = self.sum()?;
                    self.expect(&Token::Colon)?;
                    steps.push((from, self.sum()?));
                    if !self.eat(&Token::Comma) {
                        break;
                    }
                }
            }
        }
        let close = self.expect(&Token::Close)?;
        let span = name_span.to(close);
        Ok(Syntax { span, kind: Kind::Call { name, name_span, binder, args, compared, steps } })
    }
    /// `x in blocks:`, where it comes next.
    fn bound(&mut self) -> Parsed<Option<Binder>> {
        if !self.binds() {
            return Ok(None);
        }
        let binder = self.binder()?;
        self.expect(&Token::Colon)?;
        Ok(Some(binder))
    }
    /// The comparison of the expression before with another, where one comes next.
    fn compared(&mut self) -> Parsed<Option<Box<(Comparison, Syntax)>>> {
        let Some(op) = self.operator() else { return Ok(None) };
        self.advance();
        Ok(Some(Box::new((op, self.sum()?))))
    }
}

fn gather(mut terms: Vec<(bool, Syntax)>, kind: fn(Vec<(bool, Syntax)>) -> Kind) -> Syntax {
    if terms.len() == 1 {
        return terms.remove(0).1;
    }
    let span = terms[0].1.span.to(terms[terms.len() - 1].1.span);
    Syntax { span, kind: kind(terms) }
}
