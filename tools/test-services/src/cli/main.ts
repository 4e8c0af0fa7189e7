import { parseArgs } from "node:util";
import { VARIABLES } from "../provide/profiles.js";
import type { ProvidedServices } from "../provide/provided-services.js";
import { down, readState, type State, stateFile, up } from "./background-services.js";

const USAGE = `Usage: pnpm services up|down|status [--json]

  up      start PostgreSQL with TimescaleDB, and Redis, in the background; print the variables to export
  down    stop them and remove their data
  status  print what runs; exit code 1 when nothing does
`;

/** Runs one command; gives the exit code: 0 done, 1 not running or failed, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { command, json } = parsed;
  if (command === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === "down") {
    const stopped = await down();
    print(json, { up: false, stopped }, stopped ? "Stopped.\n" : "Nothing was running.\n");
    return 0;
  }
  const state = command === "up" ? await up() : await readState(await stateFile());
  printState(state, json);
  return state === undefined ? 1 : 0;
}

function printState(state: State | undefined, json: boolean): void {
  if (state === undefined) {
    print(json, { up: false }, "Not running: pnpm services up\n");
    return;
  }
  const { keeper, services } = state;
  print(json, { up: true, pid: keeper.pid, ...services, export: exportedVariables(services) }, reportText(services));
}

function print(json: boolean, value: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text);
}

function parse(args: readonly string[]): { command: string; json: boolean } | undefined {
  try {
    const options = { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) return { command: "help", json: false };
    const [command] = positionals;
    const known = positionals.length === 1 && command !== undefined && ["up", "down", "status"].includes(command);
    return known ? { command, json: values.json } : undefined;
  } catch (error) {
    // An unknown option; the usage lists the valid ones.
    process.stderr.write(`${(error as Error).message}\n`);
    return undefined;
  }
}

/** The environment variables that make tests use these services. None has a password: `up` starts its own servers. */
function exportedVariables({ profiles }: ProvidedServices): Record<string, string> {
  const url = (name: string) => profiles.find((profile) => profile.name === name)?.url;
  const variables = {
    // TimescaleDB can be had from this server as well.
    [VARIABLES.postgres]: url("postgres"),
    [VARIABLES.timescale]: url("timescale-community"),
    [VARIABLES.redis]: url("redis"),
  };
  return Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

/** The services for people: what is there, what is not and why, and what to paste into a shell. */
function reportText(services: ProvidedServices): string {
  const { profiles, missing } = services;
  const width = Math.max(...[...profiles, ...missing].map(({ name }) => name.length));
  const lines = [
    ...profiles.map(({ name, url, version, timescaledbVersion, provider }) => {
      const versions = timescaledbVersion === undefined ? version : `${version} + ${timescaledbVersion}`;
      return `${name.padEnd(width)}  ${url}  ${versions}  (${provider})`;
    }),
    ...missing.map(({ name, reason, install }) => `${name.padEnd(width)}  missing: ${reason}; ${install}`),
    "",
    ...Object.entries(exportedVariables(services)).map(([name, value]) => `export ${name}='${value}'`),
  ];
  return `${lines.join("\n")}\n`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
