//! One module per command.

pub mod accounts;
pub mod attest;
pub mod batch;
pub mod chain;
pub mod chain_deploy;
pub mod chain_dispute;
pub mod chain_mandate;
pub mod chain_risk;
pub mod chain_watch;
pub mod check;
pub mod demo;
pub mod disclose;
pub mod evaluate;
pub mod export;
pub mod prove;
pub mod setup;
pub mod sheet;
pub mod snapshot;
pub mod templates;
pub mod transparent;
pub mod verify;
