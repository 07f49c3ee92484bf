//! What is changed: values of functions, operators, conditions of match arms, arms beside a wildcard.

use proc_macro2::{Ident, Span};
use quote::{ToTokens, quote};
use std::collections::HashSet;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, BinOp, Block, Expr, ExprBinary, File, GenericArgument, PathArguments, ReturnType, Signature,
    Type, UnOp, parse_quote,
};

/// One change.
pub struct Mutant {
    pub id: u32,
    pub line: usize,
    pub function: String,
    pub change: String,
}

pub struct Mutator<'a> {
    pub next: u32,
    pub found: Vec<Mutant>,
    skip: &'a HashSet<u32>,
    names: Vec<String>,
}

/// Arms of an `if`: a condition on the switch and what stands there then.
type Changes = Vec<(Expr, Expr)>;

impl<'a> Mutator<'a> {
    pub fn new(next: u32, skip: &'a HashSet<u32>) -> Self {
        Self { next, found: Vec::new(), skip, names: Vec::new() }
    }
    pub fn file(&mut self, file: &mut File) {
        self.visit_file_mut(file);
    }
    /// The switch of a new mutant, or nothing where it is left out.
    fn switch(&mut self, span: Span, change: String) -> Option<Expr> {
        let id = self.next;
        self.next += 1;
        self.found.push(Mutant { id, line: span.start().line, function: self.names.join("::"), change });
        (!self.skip.contains(&id)).then(|| parse_quote!(crate::mutant::on(#id)))
    }
    fn named(&mut self, name: &Ident, inside: impl FnOnce(&mut Self)) {
        self.names.push(name.to_string());
        inside(self);
        self.names.pop();
    }
    fn body(&mut self, sig: &Signature, block: &mut Block) {
        if sig.constness.is_some() {
            return;
        }
        self.named(&sig.ident.clone(), |this| {
            let empty = block.stmts.is_empty();
            let before = block.to_token_stream().to_string();
            visit_mut::visit_block_mut(this, block);
            if empty {
                return;
            }
            for value in values(&sig.output) {
                if format!("{{ {} }}", value.to_token_stream()) == before {
                    continue;
                }
                let words = format!("returns {}", value.to_token_stream());
                if let Some(on) = this.switch(sig.ident.span(), words) {
                    block.stmts.insert(0, parse_quote!(if #on { return #value; }));
                }
            }
        });
    }
    fn wrap(changes: Changes, original: Expr) -> Expr {
        if changes.is_empty() {
            return original;
        }
        let arms = changes.iter().map(|(on, then)| quote!(if #on { #then } else));
        parse_quote!((#(#arms)* { #original }))
    }
}

/// Values a function may give instead of its own. The general one may not compile, and is then left out.
fn values(output: &ReturnType) -> Vec<Expr> {
    match output {
        ReturnType::Default => vec![parse_quote!(())],
        ReturnType::Type(_, ty) => of_type(ty),
    }
}

fn of_type(ty: &Type) -> Vec<Expr> {
    match ty {
        Type::Tuple(t) if t.elems.is_empty() => vec![parse_quote!(())],
        Type::Tuple(_) | Type::Array(_) => vec![parse_quote!(Default::default())],
        Type::Reference(r) if r.mutability.is_none() => match &*r.elem {
            Type::Path(p) if p.path.is_ident("str") => vec![parse_quote!(""), parse_quote!("x")],
            Type::Slice(_) => vec![parse_quote!(&[])],
            _ => vec![],
        },
        Type::Path(p) => {
            let Some(last) = p.path.segments.last() else { return vec![] };
            let inner = || match &last.arguments {
                PathArguments::AngleBracketed(args) => args.args.iter().find_map(|a| match a {
                    GenericArgument::Type(t) => Some(of_type(t)),
                    _ => None,
                }),
                _ => None,
            };
            match last.ident.to_string().as_str() {
                "bool" => vec![parse_quote!(true), parse_quote!(false)],
                "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => vec![parse_quote!(0), parse_quote!(1)],
                "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
                    vec![parse_quote!(0), parse_quote!(1), parse_quote!(-1)]
                }
                "String" => vec![parse_quote!(String::new()), parse_quote!("x".into())],
                "Vec" => vec![parse_quote!(vec![])],
                "Option" => std::iter::once(parse_quote!(None))
                    .chain(inner().unwrap_or_default().into_iter().map(|v| parse_quote!(Some(#v))))
                    .collect(),
                "Result" => inner().unwrap_or_default().into_iter().map(|v| parse_quote!(Ok(#v))).collect(),
                _ => vec![parse_quote!(Default::default())],
            }
        }
        _ => vec![],
    }
}

fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("test")
            || (a.path().is_ident("cfg") && a.to_token_stream().to_string().contains("test"))
    })
}

/// Whether a chain of `&&` binds by `let`: such a chain is no value.
fn binds(e: &Expr) -> bool {
    match e {
        Expr::Let(_) => true,
        Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => binds(&b.left) || binds(&b.right),
        _ => false,
    }
}

fn others(op: &BinOp) -> Vec<BinOp> {
    match op {
        BinOp::Add(_) => vec![parse_quote!(-), parse_quote!(*)],
        BinOp::Sub(_) => vec![parse_quote!(+), parse_quote!(/)],
        BinOp::Mul(_) => vec![parse_quote!(+), parse_quote!(/)],
        BinOp::Div(_) | BinOp::Rem(_) => vec![parse_quote!(*), parse_quote!(+)],
        BinOp::And(_) => vec![parse_quote!(||)],
        BinOp::Or(_) => vec![parse_quote!(&&)],
        BinOp::BitAnd(_) => vec![parse_quote!(|), parse_quote!(^)],
        BinOp::BitOr(_) => vec![parse_quote!(&), parse_quote!(^)],
        BinOp::BitXor(_) => vec![parse_quote!(|), parse_quote!(&)],
        BinOp::Shl(_) => vec![parse_quote!(>>)],
        BinOp::Shr(_) => vec![parse_quote!(<<)],
        BinOp::Eq(_) => vec![parse_quote!(!=)],
        BinOp::Ne(_) => vec![parse_quote!(==)],
        BinOp::Lt(_) => vec![parse_quote!(<=), parse_quote!(>), parse_quote!(==)],
        BinOp::Le(_) => vec![parse_quote!(<), parse_quote!(>)],
        BinOp::Gt(_) => vec![parse_quote!(>=), parse_quote!(<), parse_quote!(==)],
        BinOp::Ge(_) => vec![parse_quote!(>), parse_quote!(<)],
        BinOp::AddAssign(_) => vec![parse_quote!(-=), parse_quote!(*=)],
        BinOp::SubAssign(_) => vec![parse_quote!(+=), parse_quote!(/=)],
        BinOp::MulAssign(_) => vec![parse_quote!(+=), parse_quote!(/=)],
        BinOp::DivAssign(_) | BinOp::RemAssign(_) => vec![parse_quote!(*=), parse_quote!(+=)],
        BinOp::BitAndAssign(_) => vec![parse_quote!(|=)],
        BinOp::BitOrAssign(_) => vec![parse_quote!(&=)],
        BinOp::BitXorAssign(_) => vec![parse_quote!(|=)],
        BinOp::ShlAssign(_) => vec![parse_quote!(>>=)],
        BinOp::ShrAssign(_) => vec![parse_quote!(<<=)],
        _ => vec![],
    }
}

impl VisitMut for Mutator<'_> {
    // What is computed when the crate is built, or is no code.
    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}
    fn visit_trait_item_const_mut(&mut self, _: &mut syn::TraitItemConst) {}
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_path_arguments_mut(&mut self, _: &mut PathArguments) {}
    fn visit_variant_mut(&mut self, _: &mut syn::Variant) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}
    fn visit_expr_repeat_mut(&mut self, e: &mut syn::ExprRepeat) {
        self.visit_expr_mut(&mut e.expr);
    }

    fn visit_item_mod_mut(&mut self, m: &mut syn::ItemMod) {
        if !for_tests(&m.attrs) {
            self.named(&m.ident.clone(), |this| visit_mut::visit_item_mod_mut(this, m));
        }
    }
    fn visit_item_impl_mut(&mut self, i: &mut syn::ItemImpl) {
        let words = |t: Option<&syn::Path>| t.and_then(|p| p.segments.last()).map(|s| s.ident.to_string());
        // Words for people, and what the compiler may not derive: no arithmetic, no verdict.
        let of = words(i.trait_.as_ref().map(|t| &t.1));
        if for_tests(&i.attrs) || of.is_some_and(|t| ["Debug", "Display", "Drop", "Zeroize"].contains(&&*t)) {
            return;
        }
        let name = match &*i.self_ty {
            Type::Path(p) => words(Some(&p.path)),
            _ => None,
        };
        self.names.push(name.unwrap_or_else(|| "impl".to_owned()));
        visit_mut::visit_item_impl_mut(self, i);
        self.names.pop();
    }
    fn visit_item_fn_mut(&mut self, f: &mut syn::ItemFn) {
        if !for_tests(&f.attrs) {
            self.body(&f.sig, &mut f.block);
        }
    }
    fn visit_impl_item_fn_mut(&mut self, f: &mut syn::ImplItemFn) {
        if !for_tests(&f.attrs) {
            self.body(&f.sig, &mut f.block);
        }
    }
    fn visit_trait_item_fn_mut(&mut self, f: &mut syn::TraitItemFn) {
        if let Some(block) = &mut f.default {
            self.body(&f.sig, block);
        }
    }

    fn visit_expr_match_mut(&mut self, m: &mut syn::ExprMatch) {
        self.visit_expr_mut(&mut m.expr);
        let wildcard = m.arms.iter().any(|a| matches!(a.pat, syn::Pat::Wild(_)) && a.guard.is_none());
        for arm in &mut m.arms {
            let pattern = arm.pat.to_token_stream().to_string();
            let span = arm.fat_arrow_token.spans[0];
            match &mut arm.guard {
                Some((_, guard)) if !binds(guard) => {
                    self.visit_expr_mut(guard);
                    let mut changes = Changes::new();
                    for value in [parse_quote!(true), parse_quote!(false)] {
                        let value: Expr = value;
                        let words = format!("condition of the arm {pattern} is {}", value.to_token_stream());
                        changes.extend(self.switch(span, words).map(|on| (on, value)));
                    }
                    **guard = Self::wrap(changes, (**guard).clone());
                }
                None if wildcard && !matches!(arm.pat, syn::Pat::Wild(_)) => {
                    if let Some(on) = self.switch(span, format!("without the arm {pattern}")) {
                        arm.guard = Some((Default::default(), parse_quote!(!#on)));
                    }
                }
                _ => {}
            }
            self.visit_expr_mut(&mut arm.body);
        }
    }

    fn visit_expr_mut(&mut self, e: &mut Expr) {
        let original = e.clone();
        visit_mut::visit_expr_mut(self, e);
        let changes: Changes = match &original {
            Expr::Binary(b) if !binds(&original) => {
                let span = Span::from(op_span(&b.op));
                others(&b.op)
                    .into_iter()
                    .filter_map(|op| {
                        let words = format!("{} to {}", b.op.to_token_stream(), op.to_token_stream());
                        let on = self.switch(span, words)?;
                        // In brackets, as the new operator may bind otherwise.
                        let (left, right) = (bracketed(&b.left, &op), bracketed(&b.right, &op));
                        Some((on, Expr::Binary(ExprBinary { attrs: vec![], left, op, right })))
                    })
                    .collect()
            }
            Expr::Unary(u) if matches!(u.op, UnOp::Not(_) | UnOp::Neg(_)) => {
                let words = format!("without {}", u.op.to_token_stream());
                let span = u.op.to_token_stream().into_iter().next().expect("an operator").span();
                let inner = (*u.expr).clone();
                self.switch(span, words).map(|on| (on, inner)).into_iter().collect()
            }
            _ => vec![],
        };
        if !changes.is_empty() {
            *e = Self::wrap(changes, e.clone());
        }
    }
}

fn op_span(op: &BinOp) -> Span {
    op.to_token_stream().into_iter().next().expect("an operator").span()
}

/// An operand in brackets, but for the place that is assigned to.
fn bracketed(e: &Expr, op: &BinOp) -> Box<Expr> {
    let assigns = op.to_token_stream().to_string().ends_with('=')
        && !matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Le(_) | BinOp::Ge(_));
    Box::new(if assigns { e.clone() } else { parse_quote!((#e)) })
}
