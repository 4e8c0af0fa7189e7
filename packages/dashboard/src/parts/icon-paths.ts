// Strokes on a grid of 16.
export const ICON_PATHS = {
  overview: "M2 9h5V2H2zM9 14h5V7H9zM2 14h5v-3H2zM9 5h5V2H9z",
  events: "M2 4h12M2 8h12M2 12h8",
  agents: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.6-2.8 2.7-4 5.5-4s4.9 1.2 5.5 4",
  policies: "M4 2h6l3 3v9H4zM10 2v3h3M6 8h5M6 11h5",
  approvals: "M2 8.5l4 4 8-9",
  retention: "M2 3h12v3H2zM3 6v8h10V6M6.5 9h3",
  metrics: "M2 2v12h12M5 11l3-4 2 2 4-5",
  evidence: "M8 1.5l5.5 2V8c0 3.3-2.3 5.5-5.5 6.5C4.8 13.5 2.5 11.3 2.5 8V3.5zM5.5 8l2 2 3.5-4",
  search: "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM11 11l3 3",
  copy: "M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  down: "M4.5 6.5L8 10l3.5-3.5",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M12 1.5v3H9",
  filter: "M2 3h12l-4.5 5.5V13l-3 1V8.5z",
} as const;

export type IconName = keyof typeof ICON_PATHS;
