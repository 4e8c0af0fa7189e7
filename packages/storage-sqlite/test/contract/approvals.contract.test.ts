import { runApprovalContract } from "@agent-assembly/storage-contract";
import { describe, it } from "vitest";
import { sqliteApprovalHarness } from "../support/approval-harness.js";

runApprovalContract(sqliteApprovalHarness(), { describe, it });
