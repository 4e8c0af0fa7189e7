import { openSchema } from "@agent-assembly/storage";
import type { Fault } from "./fault.js";

const killed: Fault = {
  name: "process killed",
  weight: 6,
  async run({ crew, random, pause, tell }) {
    const { name, startAgain } = await crew.killOne(random);
    tell(`kill -9 of ${name}`);
    await pause(random.between(0, 1000));
    startAgain();
  },
};

const stopped: Fault = {
  name: "process stopped",
  weight: 2,
  async run({ crew, random, pause, tell }) {
    const { name, goOn } = crew.pauseOne(random);
    tell(`SIGSTOP of ${name}`);
    await pause(random.between(100, 6000));
    goOn();
  },
};

/** Far enough to confuse leases and orders, near enough for an event of now to stay one of now. */
const JUMPS_MS = [-3_600_000, -90_000, -1000, 1000, 90_000, 3_600_000];

const clockMoved: Fault = {
  name: "clock moved",
  weight: 2,
  async run({ crew, random, pause, tell }) {
    const offsetMs = random.pick(JUMPS_MS);
    tell(`clock of ${crew.moveClock(random, offsetMs)} by ${offsetMs / 1000} s`);
    await pause(random.between(100, 2000));
  },
};

const migratedTwice: Fault = {
  name: "two migrations at once",
  weight: 1,
  async run({ settings, tell }) {
    const migrate = async () => {
      const schema = await openSchema(settings.storage);
      return schema.migrate();
    };
    const results = await Promise.allSettled([migrate(), migrate()]);
    tell(results.map(({ status }) => status).join(" and "));
  },
};

/** Faults of processes, which every store has. */
export const PROCESS_FAULTS: readonly Fault[] = [killed, stopped, clockMoved, migratedTwice];
