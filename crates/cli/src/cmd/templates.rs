//! `mandate templates`.

use crate::failure::{Done, Outcome, fail};
use crate::screen::Screen;
use mandate_policy::{data_files, describe, list, template, templates};
use serde_json::json;

/// Which template.
#[derive(clap::Args)]
pub struct Args {
    /// Show this one, `leverage` or `leverage/1`, instead of the list.
    name: Option<String>,
}

/// Lists the templates, or shows one.
pub fn run(args: &Args, screen: &Screen) -> Done {
    let Some(name) = &args.name else {
        screen.data(list, || json!({ "templates": templates(), "data": data_files() }));
        return Ok(Outcome::Holds);
    };
    let Some(found) = template(name) else {
        let names: Vec<String> = templates().iter().map(mandate_policy::Template::id).collect();
        return fail(format!("there is no template `{name}`; there are {}", names.join(", ")));
    };
    screen.data(|| describe(found), || json!(found));
    Ok(Outcome::Holds)
}
