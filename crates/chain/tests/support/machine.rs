//! An EVM in this process: no node, no network, and what it says of gas is what a node says.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, Output};
use revm::database::CacheDB;
use revm::database_interface::EmptyDB;
use revm::primitives::TxKind;
use revm::primitives::hardfork::SpecId;
use revm::{Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext};

/// The chain id that lets a development key be stored.
const LOCAL: u64 = 31337;
/// Osaka allows a transaction no more.
const LIMIT: u64 = 16_000_000;

pub struct Machine {
    db: CacheDB<EmptyDB>,
    rules: SpecId,
}

/// What a call came to.
#[derive(Debug)]
pub enum Said {
    Yes(Bytes),
    Reverted(Bytes),
    Halted,
}

impl Machine {
    pub fn new(rules: SpecId) -> Self {
        Self { db: CacheDB::new(EmptyDB::default()), rules }
    }
    fn run(&mut self, kind: TxKind, data: Bytes, keep: bool) -> (ExecutionResult, u64) {
        let rules = self.rules;
        let mut evm = Context::mainnet()
            .with_db(&mut self.db)
            .modify_cfg_chained(|c| {
                c.set_spec_and_mainnet_gas_params(rules);
                c.chain_id = LOCAL;
                c.disable_nonce_check = true;
            })
            .modify_block_chained(|b| b.timestamp = U256::from(1_770_000_000u64))
            .build_mainnet();
        let tx = TxEnv::builder()
            .chain_id(Some(LOCAL))
            .kind(kind)
            .data(data)
            .gas_limit(LIMIT)
            .build()
            .expect("a transaction");
        let result = if keep {
            evm.transact_commit(tx).expect("it runs")
        } else {
            evm.transact(tx).expect("it runs").result
        };
        let gas = result.tx_gas_used();
        (result, gas)
    }
    /// Deploys creation code with its arguments behind it.
    pub fn deploy(&mut self, code: &Bytes, arguments: &[u8]) -> Address {
        let data = [code.as_ref(), arguments].concat();
        match self.run(TxKind::Create, data.into(), true).0 {
            ExecutionResult::Success { output: Output::Create(_, Some(at)), .. } => at,
            other => panic!("not deployed: {other:?}"),
        }
    }
    /// A transaction whose effects stay; panics unless it succeeds.
    pub fn send<C: SolCall>(&mut self, to: Address, call: &C) -> C::Return {
        match self.run(TxKind::Call(to), call.abi_encode().into(), true).0 {
            ExecutionResult::Success { output, .. } => {
                C::abi_decode_returns(output.data()).expect("its type")
            }
            other => panic!("refused: {other:?}"),
        }
    }
    /// A transaction without effects, and the gas it takes.
    pub fn ask<C: SolCall>(&mut self, to: Address, call: &C) -> (Said, u64) {
        let (result, gas) = self.run(TxKind::Call(to), call.abi_encode().into(), false);
        let said = match result {
            ExecutionResult::Success { output, .. } => Said::Yes(output.into_data()),
            ExecutionResult::Revert { output, .. } => Said::Reverted(output),
            ExecutionResult::Halt { .. } => Said::Halted,
        };
        (said, gas)
    }
}
