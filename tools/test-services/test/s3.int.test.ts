import { expect, it, onTestFinished } from "vitest";
import { startS3 } from "../src/index.js";
import { commandLine } from "../src/process/processes.js";

it("has the buckets asked for, and is gone after stop", async () => {
  const server = await startS3({ buckets: ["first", "second"] });
  onTestFinished(() => server.stop());
  const { pid, endpoint } = server;
  const status = async (bucket: string) => (await fetch(`${endpoint}/${bucket}/`)).status;
  expect([await status("first"), await status("second"), await status("third")]).toEqual([200, 200, 404]);
  await server.stop();
  await server.stop();
  await expect(fetch(endpoint)).rejects.toThrow("fetch failed");
  expect(commandLine(pid as number)).toBeUndefined();
});
