import { runStorageContract } from "@agent-assembly/storage-contract";
import { sqliteHarness } from "@agent-assembly/storage-sqlite/testing";
import { describe, it } from "vitest";

runStorageContract(sqliteHarness, { describe, it });
