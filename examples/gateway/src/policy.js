/** The name under which the policy is saved and activated. */
export const POLICY_NAME = "guardrails";

/**
 * What a policy says about a tool. A tool that it does not name is denied, and so is everything where no policy is active: what
 * an agent may do is said explicitly.
 *
 * @param {import("@agent-assembly/storage").PolicyVersion | undefined} policy whose document is like
 *   `{ tools: { search: "allow", issue_refund: "ask" }, callsPerMinute: 60 }`
 * @param {string} tool
 * @returns {{ verdict: "allow" | "ask" | "deny", rule: string }}
 */
export function judge(policy, tool) {
  if (policy === undefined) return { verdict: "deny", rule: "no-policy" };
  const verdict = Object.entries(membersOf(membersOf(policy.document).tools)).find(([name]) => name === tool)?.[1];
  const rule = `${policy.name}@${policy.version}/tools/${tool}`;
  if (verdict === "allow" || verdict === "ask") return { verdict, rule };
  return { verdict: "deny", rule: verdict === undefined ? `${policy.name}@${policy.version}/default` : rule };
}

/** @param {import("@agent-assembly/storage").PolicyVersion | undefined} policy */
export function callsPerMinute(policy) {
  const limit = membersOf(policy?.document).callsPerMinute;
  return typeof limit === "number" ? limit : 60;
}

/**
 * The members of a part of the document; none where it is no object.
 * @param {import("@agent-assembly/storage").JsonValue | undefined} part
 * @returns {Readonly<Record<string, import("@agent-assembly/storage").JsonValue>>}
 */
function membersOf(part) {
  return typeof part === "object" && part !== null && !Array.isArray(part) ? part : {};
}
