import type { StorageBackend } from "@agent-assembly/storage-core";
import type { CaseContext, ContractCase } from "./contract-case.js";
import type { CreateOptions, StorageHarness } from "./harness.js";

/** Which half of a case ran. */
export type CaseMode = "behaviour" | "refusal";

/** Runs one case on stores of its own and destroys them, also when it fails. */
export async function runCase(harness: StorageHarness, testCase: ContractCase): Promise<CaseMode> {
  const created: StorageBackend[] = [];
  const context: CaseContext = {
    harness,
    async storage(options?: CreateOptions) {
      const backend = await harness.create(options);
      created.push(backend);
      return backend;
    },
  };
  try {
    return await runMode(context, testCase);
  } finally {
    for (const backend of created) await harness.destroy(backend);
  }
}

async function runMode(context: CaseContext, testCase: ContractCase): Promise<CaseMode> {
  if (testCase.requires === undefined) {
    await testCase.run(context);
    return "behaviour";
  }
  const probe = await context.storage();
  if (probe.capabilities[testCase.requires].status !== "unsupported") {
    await testCase.run(context);
    return "behaviour";
  }
  if (testCase.refusal === undefined) {
    throw new Error(`case ${testCase.id} needs a refusal for backends without ${testCase.requires}`);
  }
  await testCase.refusal(context);
  return "refusal";
}
