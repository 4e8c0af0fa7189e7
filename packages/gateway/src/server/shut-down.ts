import type { Server } from "node:http";

/** How often connections are looked for that have become idle. */
const SWEEP_MS = 100;

/**
 * Stops accepting connections, and resolves when the last one has ended: idle ones at once, others once their request is
 * answered, and all of them after the grace.
 */
export async function shutDown(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection that is kept alive becomes idle when its answer is sent, and Node closes only those that are idle now.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
