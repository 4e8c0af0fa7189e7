import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { builtProgram } from "@agent-assembly/test-programs";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { expect, it } from "vitest";
import { databaseOfFile } from "../setup/database.js";

const PROGRAM = await builtProgram(new URL("../programs/append-and-close.mjs", import.meta.url));
/** Ends what hangs; less than a statement may take, whose timer must not be left behind. */
const HUNG_MS = 25_000;

describeNeeding("postgres", "a program that has closed its store", async () => {
  const database = await databaseOfFile("postgres", "exit");

  it.each([
    ["after one event", "1", "0"],
    ["after events that are counted in the background", "8000", "700"],
  ])("ends by itself %s", { timeout: 60_000 }, async (_, events, waitMs) => {
    const args = [PROGRAM, JSON.stringify(database), events, waitMs];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: HUNG_MS });
    expect({ stdout, stderr }).toEqual({ stdout: "closed\n", stderr: "" });
  });
});
