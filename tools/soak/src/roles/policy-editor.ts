import { POLICY_NAMES } from "../settings.js";
import type { Role } from "./role.js";

let changes = 0;

/** Saves versions of policies and activates them, beside others who do the same. */
export const policyEditor: Role = {
  pauseMs: 300,
  async step({ storage, journal, random, name }) {
    const policy = random.pick(POLICY_NAMES);
    // Tells one change from every other one, also of a process that was started again.
    const actor = `${name} ${process.pid}.${++changes}`;
    const source = `rules:\n  - id: r${random.between(1, 1e9)}\n`;
    const { version } = await storage.policies.save({ name: policy, source }, { actor });
    journal.write({ kind: "saved", name: policy, version, actor });
    journal.write({ kind: "activating", name: policy, actor });
    await storage.policies.activate(policy, version, { actor });
    journal.write({ kind: "activated", name: policy, version, actor });
  },
};
