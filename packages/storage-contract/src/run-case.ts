import type { StorageBackend } from "@agent-assembly/storage-core";
import type { CaseContext, ContractCase } from "./contract-case.js";
import type { CreateOptions, StorageHarness } from "./harness.js";
import { withinLimit } from "./support/time-limit.js";

/** Which half of a case ran. */
export type CaseMode = "behaviour" | "refusal";

export interface RunCaseOptions {
  /** Milliseconds for the case, and as many for destroying its stores; default none. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Runs one case on stores of its own and destroys them, also when it fails.
 * @throws what the case throws; an error that names the case when it exceeds the time limit. Whatever the case still
 * does then goes on unseen, but it gets no further stores.
 */
export async function runCase(
  harness: StorageHarness,
  testCase: ContractCase,
  { timeoutMs }: RunCaseOptions = {},
): Promise<CaseMode> {
  const created: StorageBackend[] = [];
  let over = false;
  const context: CaseContext = {
    harness,
    async storage(options?: CreateOptions) {
      const refuse = (): never => {
        throw new Error(`case ${testCase.id} is over`);
      };
      if (over) refuse();
      const backend = await harness.create(options);
      if (over) {
        await harness.destroy(backend);
        refuse();
      }
      created.push(backend);
      return backend;
    },
  };
  const destroyAll = async (): Promise<void> => {
    for (const backend of created) await harness.destroy(backend);
  };
  let mode: CaseMode;
  try {
    mode = await withinLimit(runMode(context, testCase), timeoutMs, `case ${testCase.id}`);
  } catch (error) {
    over = true;
    // Why the case failed says more than that its stores could not be destroyed then.
    await withinLimit(destroyAll(), timeoutMs, "destroying").catch(() => undefined);
    throw error;
  }
  over = true;
  await withinLimit(destroyAll(), timeoutMs, `destroying the stores of case ${testCase.id}`);
  return mode;
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
