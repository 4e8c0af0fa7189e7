// Runs in the thread of Node.js that loads modules.
import type { InitializeHook, LoadHook } from "node:module";
import { DEFECTS, type Defect, type DefectName } from "./defects.js";

let defects: readonly Defect[] = [];

export const initialize: InitializeHook<{ readonly defect: DefectName }> = ({ defect }) => {
  defects = DEFECTS[defect];
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const defect = defects.find(({ module }) => url.endsWith(module));
  if (defect === undefined) return loaded;
  const source = String(loaded.source);
  if (!source.includes(defect.from)) throw new Error(`${url} has no ${JSON.stringify(defect.from)} to break`);
  return { ...loaded, source: source.replace(defect.from, defect.to) };
};
