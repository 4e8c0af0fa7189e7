import { validate } from "./validate.js";

/** How long what cases and harness left open may keep the process from ending. */
const GRACE_MS = 5000;

// A case that was given up goes on unseen: what fails in it must not end the run, nor pass unnoticed.
let strays = 0;
process.on("unhandledRejection", (reason) => {
  strays++;
  process.stderr.write(`unhandled rejection: ${String(reason)}\n`);
});

// A run that waits for what never comes must not pass.
process.exitCode = 1;
const status = await validate(process.argv.slice(2), process);
process.exitCode = status === 0 && strays > 0 ? 1 : status;
setTimeout(() => {
  process.stderr.write("connections or timers were left open; ending without them\n");
  process.exit();
}, GRACE_MS).unref();
