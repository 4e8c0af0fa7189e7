export const MODES = ["local", "remote"] as const;
export type Mode = (typeof MODES)[number];
