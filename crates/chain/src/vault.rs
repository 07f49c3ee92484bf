//! The example consumer: a vault that takes deposits only while its manager is attested.

use crate::abi::{DemoToken, GatedVault};
use crate::chain::{Chain, Sent, node};
use crate::error::ChainError;
use crate::registries::Registries;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use mandate_statement::Digest;

/// A gated vault over the demonstration's token, on a local chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Vault {
    /// The vault.
    pub vault: [u8; 20],
    /// Its asset.
    pub token: [u8; 20],
}

impl Vault {
    /// Deploys a token anyone can make, and a vault whose gate is the attestation of `manager`'s subject under a mandate,
    /// of a book no older than `max_age_s` seconds.
    ///
    /// # Errors
    /// [`ChainError::Refused`] off a local chain: the token is play money.
    pub async fn deploy(
        registries: &Registries,
        manager: [u8; 20],
        mandate_id: &Digest,
        max_age_s: u64,
    ) -> Result<Self, ChainError> {
        Self::deploy_behind(registries, registries.at().compliance, manager, mandate_id, max_age_s).await
    }
    /// The same with a gate that asks `compliance`, for example a price breaker in front of the registry.
    ///
    /// # Errors
    /// As for [`Vault::deploy`].
    pub async fn deploy_behind(
        registries: &Registries,
        compliance: [u8; 20],
        manager: [u8; 20],
        mandate_id: &Digest,
        max_age_s: u64,
    ) -> Result<Self, ChainError> {
        let chain = registries.chain();
        let p = || chain.provider();
        let (token, _) = chain.create("deploy the token", DemoToken::deploy_builder(p())).await?;
        let vault = GatedVault::deploy_builder(
            p(),
            token,
            "Gated Dollar".to_owned(),
            "gUSD".to_owned(),
            manager.into(),
            compliance.into(),
            mandate_id.0.into(),
            U256::from(max_age_s),
        );
        let (vault, _) = chain.create("deploy the vault", vault).await?;
        Ok(Self { vault: vault.into_array(), token: token.into_array() })
    }
    /// Makes play money for the sender and lets the vault take it.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn fund(&self, chain: &Chain, amount: u128) -> Result<(), ChainError> {
        let token = DemoToken::new(self.token.into(), chain.provider());
        let amount = U256::from(amount);
        chain.send("make play money", token.mint(chain.sender_address(), amount)).await?;
        chain.send("approve the vault", token.approve(self.vault.into(), amount)).await?;
        Ok(())
    }
    /// Deposits, the shares going to the sender. The vault's own event says that it did.
    ///
    /// # Errors
    /// [`ChainError::Refused`] with the reason why the gate is closed; [`ChainError::Mismatch`] where no contract is at
    /// either address, the vault is over another token, or what was mined is not this deposit.
    pub async fn deposit(&self, chain: &Chain, amount: u128) -> Result<Sent, ChainError> {
        let vault = GatedVault::new(self.vault.into(), chain.provider());
        self.check(chain).await?;
        let me = chain.sender_address();
        let call = vault.deposit(U256::from(amount), me);
        let (sent, receipt) = chain.send("deposit", call).await?;
        let deposited = receipt
            .logs()
            .iter()
            .filter(|log| log.address() == Address::from(self.vault))
            .filter_map(|log| log.log_decode::<GatedVault::Deposit>().ok())
            .any(|log| {
                let event = &log.inner.data;
                event.sender == me && event.owner == me && event.assets == U256::from(amount)
            });
        if !deposited {
            return Err(ChainError::mismatch(
                "the deposit's transaction",
                sent.transaction,
                "mined, but without the vault's `Deposit` event of this amount: nothing shows that it was taken",
            ));
        }
        Ok(sent)
    }
    /// Refuses addresses that are not a vault and its token.
    async fn check(&self, chain: &Chain) -> Result<(), ChainError> {
        for (what, address) in [("the vault's address", self.vault), ("the token's address", self.token)] {
            let address = Address::from(address);
            let code = chain.provider().get_code_at(address).await.map_err(node("look for the vault"))?;
            if code.is_empty() {
                let wanted = format!("there is no contract on chain {}", chain.id());
                return Err(ChainError::mismatch(what, address, wanted));
            }
        }
        let vault = GatedVault::new(self.vault.into(), chain.provider());
        let asset = chain.read("ask the vault for its token", vault.asset()).await?;
        if asset != Address::from(self.token) {
            let wanted = format!("the vault takes {asset}");
            return Err(ChainError::mismatch("the token's address", Address::from(self.token), wanted));
        }
        Ok(())
    }
    /// Withdraws to the sender. Never gated.
    ///
    /// # Errors
    /// [`ChainError::Refused`] beyond the sender's own.
    pub async fn withdraw(&self, chain: &Chain, amount: u128) -> Result<Sent, ChainError> {
        let vault = GatedVault::new(self.vault.into(), chain.provider());
        let me = chain.sender_address();
        Ok(chain.send("withdraw", vault.withdraw(U256::from(amount), me, me)).await?.0)
    }
    /// What the vault would take now: zero while the gate is closed.
    ///
    /// # Errors
    /// [`ChainError::Node`].
    pub async fn max_deposit(&self, chain: &Chain) -> Result<U256, ChainError> {
        let vault = GatedVault::new(self.vault.into(), chain.provider());
        chain.read("ask the vault", vault.maxDeposit(Address::from(chain.sender()))).await
    }
}
