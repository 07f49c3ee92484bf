//! `mandate demo`.

use crate::cmd::snapshot::Size;
use crate::demo::{Options, books, tell, watch};
use crate::failure::Done;
use crate::keys::KeyArgs;
use crate::place;
use crate::screen::Screen;
use std::path::PathBuf;

/// How to tell the story.
#[derive(clap::Args)]
pub struct Args {
    /// Size of the made-up market.
    #[arg(long, default_value = "medium")]
    size: Size,
    /// The real chain instead: folder of the shared market data.
    #[arg(long, value_name = "DATADIR", conflicts_with = "size")]
    real: Option<PathBuf>,
    /// Of the real chain BTC alone, with rules at every listed strike: five templates in one mandate.
    #[arg(long, requires = "real")]
    strikes: bool,
    /// Continuous compliance instead: an agent that keeps a gate open through a price move and being killed.
    #[arg(long, conflicts_with_all = ["real", "no_chain"])]
    watch: bool,
    /// Stop before the chain.
    #[arg(long)]
    no_chain: bool,
    /// Root of the repository, below which contracts/tools/setup.sh put the local node.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    #[command(flatten)]
    keys: KeyArgs,
}

/// Tells it.
pub fn run(args: &Args, screen: &Screen) -> Done {
    let scene = match &args.real {
        Some(data) if args.strikes => books::strikes(data, screen)?,
        Some(data) => books::real(data, screen)?,
        // A snapshot of ten minutes ago: nothing in the story is from the future.
        None => books::made_up(args.size.snapshot(place::now() - 600)),
    };
    let options = Options { keys: args.keys.clone(), no_chain: args.no_chain, root: args.root.clone() };
    if args.watch {
        return watch::tell(&scene, &options, screen);
    }
    tell(scene, &options, screen)
}
