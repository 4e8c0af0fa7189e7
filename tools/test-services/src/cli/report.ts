import { VARIABLES } from "../provide/environment.js";
import type { ProvidedServices } from "../provide/provided-services.js";

/** The environment variables that make tests use these services. None has a password: `up` starts its own servers. */
export function exportedVariables({ profiles }: ProvidedServices): Record<string, string> {
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
export function reportText(services: ProvidedServices): string {
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
