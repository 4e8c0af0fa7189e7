import { DEFECTS, type DefectName } from "./defects.js";

export type { DefectName } from "./defects.js";

export const DEFECT_NAMES = Object.keys(DEFECTS) as DefectName[];

/** Arguments of Node.js that load the software with a defect. */
export function execArgvOf(defect: DefectName | undefined): string[] {
  if (defect === undefined) return [];
  const register = new URL("../../dist/defects/register.js", import.meta.url);
  register.searchParams.set("defect", defect);
  return ["--import", register.href];
}
