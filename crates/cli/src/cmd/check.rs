//! `mandate check`, `mandate explain`.

use crate::failure::{Done, Failure, Outcome, fail};
use crate::place;
use crate::screen::Screen;
use crate::sheet;
use mandate_policy::{Compiled, Mandate, Use, compile, compile_smallest};
use mandate_statement::Shape;
use serde_json::json;
use std::path::PathBuf;

/// Which mandate.
#[derive(clap::Args)]
pub struct Args {
    /// The mandate, a TOML file.
    mandate: PathBuf,
    /// Compile for this shape instead of the smallest that takes it.
    #[arg(long)]
    shape: Option<String>,
}

/// A shape by name.
pub fn shape(name: &str) -> Result<&'static Shape, Failure> {
    Shape::by_name(name).map_or_else(
        || {
            let names: Vec<&str> = mandate_statement::SHAPES.iter().map(|s| s.name).collect();
            fail(format!("there is no shape `{name}`; there are {}", names.join(", ")))
        },
        Ok,
    )
}

fn compiled(args: &Args) -> Result<(Mandate, Compiled), Failure> {
    let mandate = sheet::mandate(&args.mandate)?;
    mandate.check_dates(place::now())?;
    let compiled = match &args.shape {
        Some(name) => compile(&mandate, mandate.model, shape(name)?)?,
        None => compile_smallest(&mandate, mandate.model)?,
    };
    Ok((mandate, compiled))
}

/// The templates used, with their knobs as they are set.
fn uses(mandate: &Mandate) -> Vec<serde_json::Value> {
    let use_of = |u: &Use| {
        let knobs: Vec<_> = u
            .settings
            .iter()
            .map(|s| json!({"knob": s.knob, "value": s.value, "default": !s.given}))
            .collect();
        let rules: Vec<&String> = u.rules.iter().map(|r| &r.id).collect();
        json!({
            "template": u.template.id(), "id": u.id, "digest": u.template.digest, "knobs": knobs, "rules": rules,
            "covers": u.template.covers, "leaves_out": u.template.leaves_out, "source": u.template.source,
        })
    };
    mandate.uses.iter().map(use_of).collect()
}

/// Parses, type-checks and compiles.
pub fn check(args: &Args, screen: &Screen) -> Done {
    let (mandate, compiled) = compiled(args)?;
    screen.data(
        || {
            format!(
                "{}: {} rules, {} rows, risk model {}, shape {}\nmandate {}",
                mandate.file,
                mandate.rules.len(),
                compiled.rows.len(),
                mandate.model.name,
                compiled.shape.name,
                compiled.part.digest()
            )
        },
        || {
            json!({
                "file": mandate.file,
                "name": mandate.name,
                "model": mandate.model.name,
                "shape": compiled.shape.name,
                "rules": mandate.rules.iter().map(|r| json!({"id": r.id, "text": r.text, "holds": r.holds})).collect::<Vec<_>>(),
                "uses": uses(&mandate),
                "rows": compiled.rows.len(),
                "source": mandate.digest(),
                "mandate": compiled.part.digest(),
            })
        },
    );
    Ok(Outcome::Holds)
}

/// Says it in plain words.
pub fn explain(args: &Args, screen: &Screen) -> Done {
    let (mandate, compiled) = compiled(args)?;
    let text = mandate_policy::explain(&mandate, Some(compiled.shape))?;
    screen.data(
        || text.clone(),
        || json!({ "shape": compiled.shape.name, "text": text, "uses": uses(&mandate), "rows": compiled.rows }),
    );
    Ok(Outcome::Holds)
}
