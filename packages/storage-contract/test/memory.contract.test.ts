import { describe, it } from "vitest";
import { memoryHarness, runStorageContract } from "../src/index.js";

runStorageContract(memoryHarness, { describe, it });
