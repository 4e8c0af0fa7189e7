import { AUDIT_DECISIONS, isStorageError } from "@agent-assembly/storage";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { ApprovalDesk } from "./approval-desk.js";
import { callsPerMinute, judge, POLICY_NAME } from "./policy.js";
import { Recorder } from "./recorder.js";
import { readToolCall } from "./tool-call.js";

/**
 * A gateway between agents and their tools. Each call is limited, judged by the active policy, approved by a person where the
 * policy asks for it, recorded, and only then made.
 *
 * @param {import("@agent-assembly/storage").AgentStorage} storage
 * @param {{ tools: Readonly<Record<string, import("./tools.js").Tool>>, signal: AbortSignal }} options `signal` ends what runs
 *   in the background
 */
export async function createGateway(storage, { tools, signal }) {
  const { metrics, policyCache, rateLimits } = storage;
  const recorder = new Recorder(storage);
  const desk = new ApprovalDesk(storage, recorder, signal);
  await recorder.defineMetrics();
  await desk.watchAll();

  /** @param {import("./tool-call.js").ToolCall} call */
  async function make(call) {
    const tool = tools[call.tool];
    if (tool === undefined) throw new HTTPException(404, { message: `there is no tool ${call.tool}` });
    const { result, usage } = await tool(call.args);
    await recorder.usage(call, usage);
    return result;
  }

  const app = new Hono();

  app.post("/tool-calls", async (context) => {
    const call = readToolCall(await context.req.json().catch(() => undefined));
    const { policy } = await policyCache.active(POLICY_NAME);
    const limit = { scope: "agent", id: call.agentId, limit: callsPerMinute(policy), windowMs: 60_000 };
    const { allowed, retryAfterMs } = await rateLimits.check([limit]);
    if (!allowed) {
      await recorder.decision(call, AUDIT_DECISIONS.deny, "rate-limit");
      context.header("Retry-After", String(Math.ceil(retryAfterMs / 1000)));
      return context.json({ decision: "deny", rule: "rate-limit" }, 429);
    }

    const { verdict, rule } = judge(policy, call.tool);
    if (verdict === "deny") {
      await recorder.decision(call, AUDIT_DECISIONS.deny, rule);
      return context.json({ decision: "deny", rule }, 403);
    }
    if (verdict === "allow") {
      await recorder.decision(call, AUDIT_DECISIONS.allow, rule);
      return context.json({ decision: "allow", result: await make(call) });
    }

    const { approvalId } = call;
    if (approvalId === undefined) {
      return context.json({ decision: "pending", approvalId: await desk.ask(call, rule) }, 202);
    }
    const approval = await desk.use(call, approvalId, rule);
    if (approval === "used") return context.json({ decision: "allow", result: await make(call) });
    if (approval === "pending") return context.json({ decision: "pending", approvalId }, 202);
    await recorder.decision(call, AUDIT_DECISIONS.deny, rule);
    return context.json({ decision: "deny", rule, approval }, 403);
  });

  app.get("/usage", async (context) => {
    const lastDay = { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 1) };
    const [tokens, cost] = await Promise.all(
      ["tokens", "cost"].map((metric) => metrics.top({ ...lastDay, metric, by: ["agentId", "labels.tool"] })),
    );
    return context.json({ tokens, cost });
  });

  app.get("/health", async (context) => {
    const health = await storage.health();
    return context.json(health, health.status === "down" ? 503 : 200);
  });

  app.onError((error, context) => {
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    if (isStorageError(error, "invalid_argument")) return context.json({ error: error.message }, 400);
    console.error(error);
    // Without its store a gateway allows nothing.
    const canRepeat = isStorageError(error) && error.retryable;
    return context.json({ error: "the call was not made" }, canRepeat ? 503 : 500);
  });

  return { app, idle: () => desk.idle() };
}
