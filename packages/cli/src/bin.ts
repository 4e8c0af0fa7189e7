import { readVersion } from "./version.js";

const [first, ...rest] = process.argv.slice(2);
// Answered before anything else is loaded: scripts ask for the version often, and loading commander doubles the time.
if ((first === "--version" || first === "-V") && rest.length === 0) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  const { main } = await import("./main.js");
  await main(process.argv.slice(2));
}
