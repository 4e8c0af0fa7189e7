import { readVersion } from "./version.js";

const [first, ...rest] = process.argv.slice(2);
// Answered before anything else is loaded: scripts ask for the version often.
if ((first === "--version" || first === "-V") && rest.length === 0) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  const [{ main }, { createProcessHost }] = await Promise.all([
    import("./main.js"),
    import("./terminal/process-host.js"),
  ]);
  const host = createProcessHost();
  await host.end(await main(process.argv.slice(2), host));
}
