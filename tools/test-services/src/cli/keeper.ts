import { once } from "node:events";
import { provideServices } from "../provide/provide-services.js";
import { removeState, writeState } from "./background-services.js";

/**
 * The process behind `up`: starts the servers, writes the state file named by its argument, and stops the servers when it
 * gets SIGTERM. Should it be killed, its watchdog stops them.
 */
const file = process.argv[2] as string;
const asked = once(process, "SIGTERM");
process.on("SIGINT", () => undefined).on("SIGHUP", () => undefined);
const { services, stop } = await provideServices();
try {
  await writeState(file, services);
  // Waiting for a signal alone does not keep a process alive.
  const alive = setInterval(() => undefined, 3_600_000);
  await asked;
  clearInterval(alive);
} finally {
  await stop();
  await removeState(file);
}
