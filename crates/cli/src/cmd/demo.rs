//! stub
use crate::failure::{Done, fail};
use crate::screen::Screen;
#[derive(clap::Args)]
pub struct Args {}
pub fn run(_: &Args, _: &Screen) -> Done { fail("x") }
