import type { PostgresServer, RedisServer, SwallowingProxy } from "@agent-assembly/test-services";
import type { Fault } from "./fault.js";

/** Faults of a PostgreSQL server. */
export function postgresFaults(server: PostgresServer): Fault[] {
  return [
    {
      name: "PostgreSQL restarted",
      weight: 1,
      async run({ random, tell }) {
        const mode = random.pick(["fast", "immediate"] as const);
        tell(mode);
        await server.restart(mode);
      },
    },
    {
      name: "PostgreSQL killed",
      weight: 1,
      async run({ random, pause, tell }) {
        tell("kill -9 of all its processes");
        await server.kill();
        await pause(random.between(0, 3000));
        await server.restart("immediate");
      },
    },
  ];
}

/** Faults of a Redis server. */
export function redisFaults(server: RedisServer): Fault[] {
  return [
    {
      name: "Redis killed",
      weight: 1,
      async run({ random, pause, tell }) {
        tell("kill -9");
        await server.kill();
        await pause(random.between(0, 3000));
        await server.restart();
      },
    },
  ];
}

/** Faults of the network before a server. */
export function networkFaults(what: string, proxy: SwallowingProxy): Fault[] {
  return [
    {
      name: `network to ${what} gone`,
      weight: 2,
      async run({ random, pause, tell }) {
        const mode = random.pick(["swallow", "refuse"] as const);
        tell(mode);
        await proxy.setMode(mode);
        await pause(random.between(50, 5000));
        await proxy.setMode("pass");
      },
    },
  ];
}
