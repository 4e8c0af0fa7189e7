import { readVersion } from "./version.js";

const [first, ...rest] = process.argv.slice(2);
// Answered before anything else is loaded: scripts ask for the version often.
if ((first === "--version" || first === "-V") && rest.length === 0) {
  process.stdout.on("error", async (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "EOF") return;
    process.exitCode = 1;
    const [{ cannotWrite }, { reportError }] = await Promise.all([
      import("./terminal/output.js"),
      import("./report-error.js"),
    ]);
    process.stderr.write(reportError(cannotWrite(error), { json: false, debug: false }).text);
  });
  process.stdout.write(`${readVersion()}\n`);
} else {
  const [{ main }, { createProcessHost }] = await Promise.all([
    import("./main.js"),
    import("./terminal/process-host.js"),
  ]);
  const host = createProcessHost();
  await host.end(await main(process.argv.slice(2), host));
}
