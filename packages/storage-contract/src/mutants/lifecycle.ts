import { type Mutant, mutant } from "./mutant.js";

/** Defects of a store as a whole. */
export const lifecycleMutants: readonly Mutant[] = [
  mutant("shows a password in its location", "lifecycle.location.no-credentials", (sound) => ({
    ...sound,
    location: "memory://user:secret@host/store",
  })),
  mutant("reports a schema version without a schema", "lifecycle.migrate.again", (sound) => ({
    ...sound,
    health: async () => ({ ...(await sound.health()), schemaVersion: 1 }),
  })),
];
