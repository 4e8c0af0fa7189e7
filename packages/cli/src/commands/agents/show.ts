import { StorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatRelative, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { renderFields } from "../../terminal/table.js";

export async function agentsShow(context: Context, _: object, agentId: string): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const agent = await storage.agents.get(agentId);
    if (agent === undefined) {
      throw new StorageError({
        code: "not_found",
        message: `no agent is registered as ${JSON.stringify(agentId)}`,
        remedy: "Run aasm agents list to see the registered agents.",
        operation: "agents.get",
        backend: storage.name,
      });
    }
    if (context.json) {
      await context.out.line(formatJson(agent));
      return EXIT.ok;
    }
    const time = (date: Date | undefined): string | undefined =>
      date && `${formatTime(date)} (${formatRelative(date, context.now())})`;
    const window = agent.enforcementWindow;
    await context.out.write(
      renderFields(
        [
          ["agent", agent.agentId],
          ["name", agent.name],
          ["team", agent.teamId],
          ["org", agent.orgId],
          [
            "mode",
            window === undefined
              ? agent.enforcementMode
              : `${window.mode} until ${time(window.expiresAt)}, then ${agent.baseEnforcementMode}`,
          ],
          ["status", agent.status],
          ["seen", time(agent.lastSeenAt)],
          ["credential", agent.identity && `${agent.identity.credential} (generation ${agent.identity.generation})`],
          ["rotated", time(agent.identity?.rotatedAt)],
          ["metadata", JSON.stringify(agent.metadata)],
          ["revision", String(agent.revision)],
          ["registered", time(agent.registeredAt)],
          ["updated", time(agent.updatedAt)],
        ],
        context.style,
      ),
    );
    return EXIT.ok;
  });
}
