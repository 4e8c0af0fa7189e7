import type { PostgresServer, RedisServer } from "@agent-assembly/test-services";
import type { ServerPair } from "../stores/server-pair.js";
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

/** Faults of a server that has a standby. */
export function pairFaults(pair: ServerPair): Fault[] {
  return [
    {
      name: "failover",
      weight: 3,
      async run({ random, pause, tell }) {
        tell("kill -9 of the primary, whose standby is promoted");
        await pair.failOver(() => pause(random.between(0, 3000)));
      },
    },
    {
      name: "standby killed",
      weight: 1,
      async run({ random, pause, tell }) {
        tell("kill -9; commits wait for it");
        await pair.killStandby(() => pause(random.between(0, 3000)));
      },
    },
  ];
}
