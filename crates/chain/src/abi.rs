//! What the contracts compiled to. `contracts/tools/abi.sh` writes the files, `contracts/tools/check-abi.sh` compares
//! them with a fresh build, so that building this crate needs no compiler but Rust's.
#![allow(missing_docs, clippy::all, unused_qualifications)]

use alloy::sol;

sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    VkStore,
    "abi/VkStore.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    Groth16Verifier,
    "abi/Groth16Verifier.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    MandateRegistry,
    "abi/MandateRegistry.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    RiskRegistry,
    "abi/RiskRegistry.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    ComplianceRegistry,
    "abi/ComplianceRegistry.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    GatedVault,
    "abi/GatedVault.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    DemoToken,
    "abi/DemoToken.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    EpochBeacon,
    "abi/EpochBeacon.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    PriceBreaker,
    "abi/PriceBreaker.json"
);
sol!(
    #[sol(rpc)]
    #[derive(Debug)]
    DemoFeed,
    "abi/DemoFeed.json"
);
