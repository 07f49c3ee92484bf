// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {EasExport} from "../src/adapters/EasExport.sol";
import {
    AttestationRequest,
    AttestationRequestData,
    EasAttestation,
    IEas,
    ISchemaResolver,
    RevocationRequest,
    RevocationRequestData
} from "../src/adapters/interfaces/IEas.sol";
import {ICompliance} from "../src/interfaces/IComplianceRegistry.sol";
import {World} from "./support/World.sol";

/// @notice Against the bytecode that EAS published.
contract EasExportTest is World {
    string private constant ARTIFACTS =
        "node_modules/@ethereum-attestation-service/eas-contracts/artifacts/contracts/";
    IEas private eas;
    EasExport private exporter;

    function setUp() public override {
        super.setUp();
        bytes memory schemas = code("SchemaRegistry.sol/SchemaRegistry.json");
        address schemaRegistry = create(schemas);
        eas = IEas(create(bytes.concat(code("EAS.sol/EAS.json"), abi.encode(schemaRegistry))));
        exporter = new EasExport(eas, registry);
    }

    function code(string memory name) private view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile(string.concat(ARTIFACTS, name)), ".bytecode");
    }

    function second() private {
        vm.warp(NOW + 600);
        Plan memory p = plan();
        (p.risk, p.asOf, p.epoch, p.sequence) = (keccak256("risk two"), NOW + 500, 2, 2);
        p.validUntil = p.asOf + 1 days;
        publishRisk(p.risk, p.asOf);
        submit(callFor(p));
    }

    function test_a_record_is_copied_once_with_what_it_says() external {
        vm.expectPartialRevert(ICompliance.NoRecord.selector);
        exporter.export(SUBJECT, mandateId);
        submit(callFor(plan()));
        vm.prank(MANAGER);
        bytes32 uid = exporter.export(SUBJECT, mandateId);
        EasAttestation memory a = eas.getAttestation(uid);
        same(a.schema, exporter.SCHEMA_ID());
        same(a.attester, address(exporter));
        same(a.recipient, address(0));
        same(a.expirationTime, AS_OF + 1 days + 1);
        same(a.revocationTime, 0);
        isTrue(a.revocable);
        same(
            keccak256(a.data),
            keccak256(
                abi.encode(SUBJECT, mandateId, uint256(AS_OF), uint256(NOW), uint256(1), address(registry))
            )
        );
        vm.expectRevert(abi.encodeWithSelector(EasExport.AlreadyExported.selector, 1));
        exporter.export(SUBJECT, mandateId);
    }

    function test_a_newer_record_takes_the_older_copy_back() external {
        submit(callFor(plan()));
        bytes32 first = exporter.export(SUBJECT, mandateId);
        second();
        bytes32 next = exporter.export(SUBJECT, mandateId);
        same(eas.getAttestation(first).revocationTime, NOW + 600);
        same(eas.getAttestation(next).revocationTime, 0);
    }

    function test_anyone_takes_back_what_is_no_longer_so_and_nothing_else() external {
        vm.expectRevert(abi.encodeWithSelector(EasExport.NothingExported.selector, SUBJECT, mandateId));
        exporter.withdraw(SUBJECT, mandateId);
        submit(callFor(plan()));
        bytes32 uid = exporter.export(SUBJECT, mandateId);
        vm.expectRevert(abi.encodeWithSelector(EasExport.StillTrue.selector, uid));
        exporter.withdraw(SUBJECT, mandateId);
        registry.revoke(SUBJECT, mandateId);
        vm.prank(address(0xBEEF));
        exporter.withdraw(SUBJECT, mandateId);
        same(eas.getAttestation(uid).revocationTime, NOW);
        vm.expectRevert(abi.encodeWithSelector(EasExport.NothingExported.selector, SUBJECT, mandateId));
        exporter.withdraw(SUBJECT, mandateId);
    }

    function test_a_copy_of_an_older_record_can_be_taken_back() external {
        submit(callFor(plan()));
        exporter.export(SUBJECT, mandateId);
        second();
        exporter.withdraw(SUBJECT, mandateId);
    }

    function test_nobody_else_writes_under_the_schema() external {
        AttestationRequest memory r = AttestationRequest(
            exporter.SCHEMA_ID(), AttestationRequestData(address(0), 0, true, 0, hex"00", 0)
        );
        vm.expectRevert(bytes4(keccak256("InvalidAttestation()")));
        eas.attest(r);
        submit(callFor(plan()));
        bytes32 uid = exporter.export(SUBJECT, mandateId);
        RevocationRequest memory back = RevocationRequest(exporter.SCHEMA_ID(), RevocationRequestData(uid, 0));
        vm.expectRevert(bytes4(keccak256("AccessDenied()")));
        eas.revoke(back);
    }

    function test_only_eas_asks_the_resolver() external {
        EasAttestation memory a;
        a.attester = address(exporter);
        bytes memory why = abi.encodeWithSelector(EasExport.OnlyEas.selector, address(this));
        vm.expectRevert(why);
        exporter.attest(a);
        vm.expectRevert(why);
        exporter.revoke(a);
        vm.prank(address(eas));
        isTrue(exporter.revoke(a));
        vm.prank(address(eas));
        isTrue(exporter.attest(a));
        a.attester = address(this);
        vm.prank(address(eas));
        isTrue(!exporter.revoke(a));
        EasAttestation[] memory list = new EasAttestation[](1);
        vm.expectRevert(why);
        exporter.multiAttest(list, new uint256[](1));
        vm.expectRevert(why);
        exporter.multiRevoke(list, new uint256[](1));
        list[0].attester = address(exporter);
        vm.prank(address(eas));
        isTrue(!exporter.multiAttest(list, new uint256[](1)));
        vm.prank(address(eas));
        isTrue(!exporter.multiRevoke(list, new uint256[](1)));
        isTrue(!exporter.isPayable());
    }
}
