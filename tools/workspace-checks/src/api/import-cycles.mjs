/**
 * @typedef {{ from: string, to: string }} Arrow an import between two nodes
 */

/**
 * Modules, folders of a published package, and packages that import each other in a circle. Imports of types count: they tie two files
 * together for a reader, whatever the compiler leaves of them. Of folders, those directly below `src` are looked at.
 * @param {import("./workspace.mjs").Workspace} workspace
 * @returns {string[][]} the members of each circle, sorted
 */
export function findImportCycles(workspace) {
  const arrows = importsOf(workspace);
  const packages = arrows.flatMap(({ from, to }) => {
    const [a, b] = [workspace.packageOf(from)?.name, workspace.packageOf(to)?.name];
    return a === undefined || b === undefined || a === b ? [] : [{ from: a, to: b }];
  });
  return [...circles(arrows), ...circles(packages), ...foldersInCircles(workspace, arrows)];
}

/**
 * Folders below `src`, and files directly in it, that import each other in a circle.
 * @param {import("./workspace.mjs").Workspace} workspace
 * @param {readonly Arrow[]} arrows
 */
function foldersInCircles(workspace, arrows) {
  const published = workspace.packages.filter(({ isPublished }) => isPublished);
  return published.flatMap(({ folder }) =>
    circles(betweenRooms(arrows, `${folder}/src`)).map((circle) => circle.map((room) => `${folder}/src/${room}`)),
  );
}

/** @param {import("./workspace.mjs").Workspace} workspace @returns {Arrow[]} between source files of the workspace */
export function importsOf(workspace) {
  return workspace.sources().flatMap((from) =>
    workspace.module(from).requests.flatMap(({ specifier }) => {
      const to = workspace.resolve(from, specifier);
      return to === undefined || to === from ? [] : [{ from, to }];
    }),
  );
}

/**
 * @param {readonly Arrow[]} arrows between files
 * @param {string} folder
 * @returns {{ rooms: number, between: number, upward: number }} its folders, each file directly in it counting as one; pairs
 *   of them with an import from one to the other; of these, how many point up in the order of rooms that has the fewest
 */
export function folderArrows(arrows, folder) {
  const between = betweenRooms(arrows, folder);
  const upward = circles(between).map((circle) => fewestUpward(circle, between));
  return {
    rooms: new Set(between.flatMap(({ from, to }) => [from, to])).size,
    between: between.length,
    upward: upward.reduce((sum, count) => sum + count, 0),
  };
}

/**
 * @param {readonly Arrow[]} arrows between files
 * @param {string} folder
 * @returns {Arrow[]} between its folders and the files directly in it, each once
 */
function betweenRooms(arrows, folder) {
  const room = (file) => (file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split("/")[0] : undefined);
  const pairs = new Map();
  for (const { from, to } of arrows) {
    const [a, b] = [room(from), room(to)];
    if (a !== undefined && b !== undefined && a !== b) pairs.set(`${a} ${b}`, { from: a, to: b });
  }
  return [...pairs.values()];
}

/**
 * The arrows against the best order of some rooms, by dynamic programming over the sets of those already placed: `best` is
 * indexed by such a set, a bit for each room.
 * @param {readonly string[]} rooms at most 20
 * @param {readonly Arrow[]} arrows
 */
function fewestUpward(rooms, arrows) {
  const targets = rooms.map((room) =>
    arrows.reduce(
      (set, { from, to }) => (from === room && rooms.includes(to) ? set | (1 << rooms.indexOf(to)) : set),
      0,
    ),
  );
  const best = new Int32Array(1 << rooms.length).fill(1 << 30);
  best[0] = 0;
  for (let placed = 0; placed < best.length; placed++) {
    for (const [at, target] of targets.entries()) {
      if (placed & (1 << at)) continue;
      const withRoom = placed | (1 << at);
      // Placed from the bottom: what this room imports and is not yet placed is above it.
      best[withRoom] = Math.min(best[withRoom] ?? 0, (best[placed] ?? 0) + bits(target & ~withRoom));
    }
  }
  return best[best.length - 1] ?? 0;
}

/** @param {number} set */
function bits(set) {
  let count = 0;
  for (let left = set; left !== 0; left &= left - 1) count++;
  return count;
}

/** Strongly connected components of more than one node (Tarjan). @param {readonly Arrow[]} arrows @returns {string[][]} */
function circles(arrows) {
  /** @type {Map<string, Set<string>>} */
  const next = new Map();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  /** @type {Map<string, { index: number, low: number }>} */
  const seen = new Map();
  /** @type {string[]} */
  const open = [];
  /** @type {string[][]} */
  const found = [];
  for (const node of next.keys()) if (!seen.has(node)) visit(node);
  return found;

  /** @param {string} node */
  function visit(node) {
    const own = { index: seen.size, low: seen.size };
    seen.set(node, own);
    open.push(node);
    for (const other of next.get(node) ?? []) {
      const known = seen.get(other);
      if (known === undefined) own.low = Math.min(own.low, visit(other));
      else if (open.includes(other)) own.low = Math.min(own.low, known.index);
    }
    if (own.low === own.index) {
      const circle = open.splice(open.indexOf(node));
      if (circle.length > 1) found.push(circle.sort());
    }
    return own.low;
  }
}
